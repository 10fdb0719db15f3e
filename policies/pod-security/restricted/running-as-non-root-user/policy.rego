# METADATA
# scope: package
# title: A container runs as user 0
# description: |-
#   runAsUser: 0 is root, whatever the image says. Choose the user that the image was built for. Pods in a user
#   namespace (hostUsers: false) may be root since 1.35.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pod-security/restricted/running-as-non-root-user
#   severity: error
#   supersedes: [workloads/runs-as-root]
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Pod, PodTemplate, ReplicationController]
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, ReplicaSet, StatefulSet]
#     - apiGroups: [batch]
#       kinds: [CronJob, Job]
#     operations: [CREATE, UPDATE]
#   params:
#     version:
#       description: >-
#         Version of the standards, as in the label pod-security.kubernetes.io/enforce-version, such as v1.34.
#       default: latest
#   help: >-
#     Set the user that the image was built for, such as 65532, or leave it out.
package policy.pod_security.restricted.running_as_non_root_user

import data.lib.pod
import data.lib.pod_security

deny contains violation if {
	pod_security.minor >= 23
	not pod_security.exempt_by_user_namespace
	some context in pod.security_contexts
	context.value.runAsUser == 0
	violation := {
		"msg": sprintf("runAsUser=0 (%s must not set runAsUser=0)", [context.owner]),
		"field": concat("", [context.at, "/runAsUser"]),
	}
}
