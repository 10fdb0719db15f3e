# METADATA
# scope: package
# title: Objects are deleted and created again when they cannot be changed
# description: |-
#   With force the agent answers a change of an immutable field by deleting the object: a Service loses its address,
#   a StatefulSet its Pods, a claim its data. Say it at the one object that needs it, such as a Job, not for all of
#   a Kustomization or Application.
# related_resources:
# - https://fluxcd.io/flux/components/kustomize/kustomizations/#force
# custom:
#   id: gitops/forced-recreation
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [kustomize.toolkit.fluxcd.io]
#       kinds: [Kustomization]
#     - apiGroups: [argoproj.io]
#       kinds: [Application]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use the annotation kustomize.toolkit.fluxcd.io/force: enabled, or argocd.argoproj.io/sync-options, on the one
#     object.
package policy.gitops.forced_recreation

import data.lib.review

warn contains violation if {
	review.new.spec.force == true
	violation := {"msg": "every object of the Kustomization may be deleted and created again: force is true", "field": "/spec/force"}
}

warn contains violation if {
	some item in review.items(object.get(review.new, ["spec", "syncPolicy", "syncOptions"], []))
	item.value in {"Force=true", "Replace=true"}
	violation := {
		"msg": sprintf("every object of the Application may be deleted and created again: %s", [item.value]),
		"field": sprintf("/spec/syncPolicy/syncOptions/%d", [item.index]),
	}
}
