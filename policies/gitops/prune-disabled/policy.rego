# METADATA
# scope: package
# title: A change leaves behind what is removed from Git
# description: |-
#   Without prune, what is deleted from Git keeps running in the cluster, unseen and unpatched. Only the change that
#   switches it off, or creates a Kustomization without it, is judged.
# related_resources:
# - https://fluxcd.io/flux/components/kustomize/kustomizations/#prune
# custom:
#   id: gitops/prune-disabled
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [kustomize.toolkit.fluxcd.io]
#       kinds: [Kustomization]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Set prune: true; single objects are kept by the annotation kustomize.toolkit.fluxcd.io/prune: disabled.
package policy.gitops.prune_disabled

import data.lib.review

warn contains violation if {
	review.new.spec.prune == false
	not was_off
	violation := {"msg": "what is deleted from Git stays in the cluster: prune is false", "field": "/spec/prune", "fix": true}
}

was_off if review.old.spec.prune == false
