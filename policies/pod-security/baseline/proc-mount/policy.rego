# METADATA
# scope: package
# title: A container sees the whole of /proc
# description: |-
#   Container runtimes mask parts of /proc that tell about the node or change its kernel. Unmasked takes the mask
#   away; it is for containers inside of containers, and harmless only in a user namespace (hostUsers: false), where
#   the standard allows it since 1.35.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/proc-mount
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
#     Remove procMount, or run the Pod in a user namespace with hostUsers: false.
package policy.pod_security.baseline.proc_mount

import data.lib.pod
import data.lib.pod_security

deny contains violation if {
	not pod_security.exempt_by_user_namespace
	some container in pod.containers
	mount := container.value.securityContext.procMount
	not mount in {"Default", null}
	violation := {
		"msg": sprintf(
			`procMount (container "%s" must not set securityContext.procMount to "%v")`,
			[container.name, mount],
		),
		"field": concat("", [container.at, "/securityContext/procMount"]),
		"fix": "Default",
	}
}
