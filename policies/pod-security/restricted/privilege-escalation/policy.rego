# METADATA
# scope: package
# title: A container may gain privileges
# description: |-
#   Without allowPrivilegeEscalation: false a set-user-ID program in the image gives root to whoever runs it. Hardly
#   any application needs that.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pod-security/restricted/privilege-escalation
#   severity: error
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
#     Set securityContext.allowPrivilegeEscalation: false.
package policy.pod_security.restricted.privilege_escalation

import data.lib.pod
import data.lib.pod_security
import data.lib.review

deny contains violation if {
	not pod_security.exempt_as_windows
	pod_security.minor >= 8
	some container in pod.containers
	object.get(container.value, ["securityContext", "allowPrivilegeEscalation"], null) != false
	violation := {
		"msg": sprintf(
			`allowPrivilegeEscalation != false (container "%s" must set securityContext.allowPrivilegeEscalation=false)`,
			[container.name],
		),
		"field": review.pointer(container.at, ["securityContext", "allowPrivilegeEscalation"]),
	}
}
