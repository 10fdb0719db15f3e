# METADATA
# scope: package
# title: A Pod has no controller
# description: |-
#   Nothing brings a bare Pod back after its node is drained or lost, and most of its fields cannot be changed. Use
#   a Deployment, or a Job for work that ends. Hooks and tests of Helm and Argo CD are left alone.
# custom:
#   id: workloads/pod-without-controller
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Pod]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Make it a Deployment, or a Job.
package policy.workloads.pod_without_controller

import data.lib.review

warn contains violation if {
	count(review.list(object.get(review.new, ["metadata", "ownerReferences"], []))) == 0
	count({"helm.sh/hook", "argocd.argoproj.io/hook"} & object.keys(review.annotations)) == 0
	violation := {"msg": "nothing brings this Pod back when its node is drained or lost", "field": "/kind"}
}
