# METADATA
# scope: package
# title: A change suspends reconciliation
# description: |-
#   While an object of Flux is suspended, what is merged below it does not reach the cluster, and drift is not
#   corrected. It is a tool for an hour, and is forgotten for months. Only the change that suspends is judged.
# related_resources:
# - https://fluxcd.io/flux/components/kustomize/kustomizations/#suspend
# custom:
#   id: gitops/reconciliation-suspended
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [kustomize.toolkit.fluxcd.io]
#       kinds: [Kustomization]
#     - apiGroups: [helm.toolkit.fluxcd.io]
#       kinds: [HelmRelease]
#     - apiGroups: [source.toolkit.fluxcd.io]
#       kinds: [Bucket, GitRepository, HelmChart, HelmRepository, OCIRepository]
#     - apiGroups: [image.toolkit.fluxcd.io]
#       kinds: [ImageRepository, ImageUpdateAutomation]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Say in the pull request until when, and who resumes it.
package policy.gitops.reconciliation_suspended

import data.lib.review

warn contains violation if {
	review.new.spec.suspend == true
	not was_suspended
	violation := {
		"msg": sprintf("%s is suspended: what is merged no longer reaches the cluster", [input.review.kind.kind]),
		"field": "/spec/suspend",
	}
}

was_suspended if review.old.spec.suspend == true
