# METADATA
# scope: package
# title: An Application of Argo CD syncs whatever is newest
# description: |-
#   With automatic sync, HEAD, no targetRevision or a range of chart versions brings into the cluster what no pull
#   request here shows. A branch by name is a decision, and is left alone.
# related_resources:
# - https://argo-cd.readthedocs.io/en/stable/user-guide/tracking_strategies/
# custom:
#   id: gitops/floating-target-revision
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [argoproj.io]
#       kinds: [Application, ApplicationSet]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name a tag, a commit or a branch; for a chart, one version.
package policy.gitops.floating_target_revision

import data.lib.review
import data.lib.source

sources := array.concat(
	[{"at": review.pointer("", array.concat(place, ["source"])), "value": value} |
		some place in places
		value := object.get(review.new, array.concat(place, ["source"]), null)
		is_object(value)
	],
	[{"at": sprintf("%s/%d", [review.pointer("", array.concat(place, ["sources"])), item.index]), "value": item.value} |
		some place in places
		some item in review.items(object.get(review.new, array.concat(place, ["sources"]), []))
		is_object(item.value)
	],
)

places := {"Application": [["spec"]], "ApplicationSet": [["spec", "template", "spec"]]}[review.new.kind]

automated if {
	some place in places
	policy := object.get(review.new, array.concat(place, ["syncPolicy", "automated"]), null)
	is_object(policy)
	object.get(policy, "enabled", true) == true
}

floats(value) if {
	object.get(value, "targetRevision", "HEAD") in {"HEAD", "", null}
}

floats(value) if {
	value.chart
	source.floats(object.get(value, "targetRevision", ""))
}

warn contains violation if {
	automated
	some entry in sources
	floats(entry.value)
	violation := {
		"msg": sprintf("automatic sync of whatever is newest: targetRevision is %v", [object.get(entry.value, "targetRevision", "missing")]),
		"field": review.pointer(entry.at, ["targetRevision"]),
	}
}
