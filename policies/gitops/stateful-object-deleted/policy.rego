# METADATA
# scope: package
# title: A change deletes what holds data
# description: |-
#   With a Namespace everything in it goes, with a CustomResourceDefinition every object of its kind, with a claim
#   or a StatefulSet the data or the program that serves it. A revert brings the object back, not what was in it. A
#   deletion that is meant is announced one change before, by an annotation with the reason; objects that the agent
#   keeps are left alone.
# custom:
#   id: gitops/stateful-object-deleted
#   severity: error
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Namespace, PersistentVolume, PersistentVolumeClaim]
#     - apiGroups: [apps]
#       kinds: [StatefulSet]
#     - apiGroups: [apiextensions.k8s.io]
#       kinds: [CustomResourceDefinition]
#     operations: [DELETE]
#   help: >-
#     Announce the deletion by the annotation portcullis.dev/allow-deletion with the reason, in a change of its own.
package policy.gitops.stateful_object_deleted

import data.lib.review

lost := {
	"CustomResourceDefinition": "every object of its kind",
	"Namespace": "everything in it",
	"PersistentVolume": "its data, unless the reclaim policy keeps it",
	"PersistentVolumeClaim": "its data",
	"StatefulSet": "the program that serves its data",
}

announcement := "portcullis.dev/allow-deletion"

# Annotations and labels by which Flux, Argo CD and Helm keep what Git no longer has.
kept if review.old_annotations["kustomize.toolkit.fluxcd.io/prune"] == "disabled"

kept if review.old_labels["kustomize.toolkit.fluxcd.io/prune"] == "disabled"

kept if review.old_annotations["kustomize.toolkit.fluxcd.io/reconcile"] == "disabled"

kept if review.old_annotations["helm.sh/resource-policy"] == "keep"

kept if {
	some option in split(review.old_annotations["argocd.argoproj.io/sync-options"], ",")
	trim_space(option) in {"Prune=false", "Delete=false"}
}

announced if {
	reason := review.old_annotations[announcement]
	is_string(reason)
	trim_space(reason) != ""
}

deny contains violation if {
	input.review.operation == "DELETE"
	what := lost[review.old.kind]
	not kept
	not announced
	violation := {
		"msg": sprintf("the deletion of %s %s takes %s with it", [review.old.kind, review.old.metadata.name, what]),
		"field": "",
		"details": {"kind": review.old.kind},
		"help": sprintf("Add the annotation %s with the reason first, in a change of its own; then delete it.", [announcement]),
	}
}
