# METADATA
# description: Label selectors, and the Pods of the repository that they choose.
package lib.selector

import data.lib.pod
import data.lib.review

# A selector of labels by equality, as Services have it.
matches_labels(wanted, labels) if {
	every key, value in wanted {
		labels[key] == value
	}
}

# A LabelSelector with labels and expressions.
matches(selector, labels) if {
	matches_labels(review.map(object.get(selector, "matchLabels", {})), labels)
	every expression in review.list(object.get(selector, "matchExpressions", [])) {
		holds(expression, labels)
	}
}

holds(expression, labels) if {
	expression.operator == "In"
	labels[expression.key] in expression.values
}

holds(expression, labels) if {
	expression.operator == "NotIn"
	not object.get(labels, expression.key, null) in expression.values
}

holds(expression, labels) if {
	expression.operator == "Exists"
	object.get(labels, expression.key, null) != null
}

holds(expression, labels) if {
	expression.operator == "DoesNotExist"
	object.get(labels, expression.key, null) == null
}

# The objects of a namespace in the repository that are, or make, Pods: `kind`, `name`, `value`, the Pods' `labels`.
workloads(namespace) := [workload |
	some api_version, kinds in object.get(data.inventory.namespace, namespace, {})
	some kind, objects in kinds
	place := pod.places[sprintf("%s/%s", [review.group(api_version), kind])]
	some name, value in objects
	template := pod.template_of(value, place)
	workload := {
		"kind": kind,
		"name": name,
		"value": value,
		"labels": review.map(object.get(review.map(object.get(review.map(template), "metadata", {})), "labels", {})),
	}
]
