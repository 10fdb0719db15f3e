# METADATA
# description: The rules and subjects of RBAC objects.
package lib.rbac

import data.lib.review

# The rules of a Role or ClusterRole that are about API resources: `at` is the pointer, the lists are complete.
rules := [rule |
	some item in review.items(object.get(review.new, "rules", []))
	is_object(item.value)
	rule := {
		"at": sprintf("/rules/%d", [item.index]),
		"groups": review.list(object.get(item.value, "apiGroups", [])),
		"resources": review.list(object.get(item.value, "resources", [])),
		"names": review.list(object.get(item.value, "resourceNames", [])),
		"verbs": review.list(object.get(item.value, "verbs", [])),
	}
]

# The subjects of a binding: `at`, `kind`, `name`, `namespace`.
subjects := [subject |
	some item in review.items(object.get(review.new, "subjects", []))
	is_object(item.value)
	subject := {
		"at": sprintf("/subjects/%d", [item.index]),
		"kind": object.get(item.value, "kind", ""),
		"name": object.get(item.value, "name", ""),
		"namespace": object.get(item.value, "namespace", ""),
	}
]

# The indexes of a list's items that are one of these.
positions(list, wanted) := [index | some index, item in list; item in wanted]

# A rule names one of these resources in this group. A wildcard names none: there are policies of their own for it.
names_resource(rule, group, resources) := sprintf("%s/resources/%d", [rule.at, positions(rule.resources, resources)[0]]) if {
	some candidate in rule.groups
	candidate in {group, "*"}
	count(positions(rule.resources, resources)) > 0
}

# A rule allows one of these verbs, by name or by wildcard.
allows(rule, verbs) if {
	some verb in rule.verbs
	verb in (verbs | {"*"})
}

# The API groups of Kubernetes itself, and the wildcard for all groups.
built_in := {
	"",
	"*",
	"admissionregistration.k8s.io",
	"apiextensions.k8s.io",
	"apiregistration.k8s.io",
	"apps",
	"authentication.k8s.io",
	"authorization.k8s.io",
	"autoscaling",
	"batch",
	"certificates.k8s.io",
	"coordination.k8s.io",
	"discovery.k8s.io",
	"events.k8s.io",
	"extensions",
	"flowcontrol.apiserver.k8s.io",
	"networking.k8s.io",
	"node.k8s.io",
	"policy",
	"rbac.authorization.k8s.io",
	"resource.k8s.io",
	"scheduling.k8s.io",
	"storage.k8s.io",
}

# How an API group is called in a message.
group_called(group) := "the core API group" if {
	group == ""
} else := "every API group" if {
	group == "*"
} else := sprintf("the API group %s", [group])

# How a subject is called in a message.
called(subject) := sprintf("ServiceAccount %v/%v", [subject.namespace, subject.name]) if {
	subject.kind == "ServiceAccount"
	subject.namespace != ""
} else := sprintf("%v %v", [subject.kind, subject.name])
