# METADATA
# scope: package
# title: A Pod of the default service account carries a token
# description: |-
#   A Pod that names no service account has no rights that it could use, and still carries a token of the account
#   default that a thief can. Rights granted to that account later go to all such Pods at once.
# related_resources:
# - https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
# custom:
#   id: workloads/unused-service-account-token
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Pod, PodTemplate, ReplicationController]
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, ReplicaSet, StatefulSet]
#     - apiGroups: [batch]
#       kinds: [CronJob, Job]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Set automountServiceAccountToken: false, or name the account that the program needs.
package policy.workloads.unused_service_account_token

import data.lib.pod
import data.lib.review

info contains violation if {
	object.get(pod.spec, "serviceAccountName", "default") in {"", "default", null}
	object.get(pod.spec, "automountServiceAccountToken", null) != false
	not off_by_account
	violation := {
		"msg": "the Pod names no service account, and carries the token of the account default",
		"field": review.pointer(pod.spec_at, ["automountServiceAccountToken"]),
	}
}

off_by_account if {
	object.get(pod.spec, "automountServiceAccountToken", null) == null
	data.inventory.namespace[review.namespace].v1.ServiceAccount["default"].automountServiceAccountToken == false
}
