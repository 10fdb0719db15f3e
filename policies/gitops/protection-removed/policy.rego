# METADATA
# scope: package
# title: A change removes what keeps an object from deletion
# description: |-
#   The annotations and labels by which Flux, Argo CD and Helm keep an object, when Git no longer has it, were put
#   there by somebody who had a reason. Without it the next deletion, or a mistake in a path, takes the object and
#   its data.
# custom:
#   id: gitops/protection-removed
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: ["*"]
#       kinds: ["*"]
#     operations: [UPDATE]
#   help: >-
#     Keep it, or say in the pull request why the object may go.
package policy.gitops.protection_removed

import data.lib.review

keepers := {
	"helm.sh/resource-policy": "keep",
	"kustomize.toolkit.fluxcd.io/prune": "disabled",
}

warn contains violation if {
	some key, value in keepers
	review.old_annotations[key] == value
	object.get(review.annotations, key, "") != value
	violation := {
		"msg": sprintf("nothing keeps %s %s any more: %s: %s is gone", [review.new.kind, review.new.metadata.name, key, value]),
		"field": review.pointer("", ["metadata", "annotations", key]),
	}
}

warn contains violation if {
	some option in ["Prune=false", "Delete=false"]
	option in options(review.old_annotations)
	not option in options(review.annotations)
	violation := {
		"msg": sprintf("nothing keeps %s %s any more: the sync option %s is gone", [review.new.kind, review.new.metadata.name, option]),
		"field": review.pointer("", ["metadata", "annotations", "argocd.argoproj.io/sync-options"]),
	}
}

options(annotations) := {trim_space(option) |
	some option in split(object.get(annotations, "argocd.argoproj.io/sync-options", ""), ",")
}
