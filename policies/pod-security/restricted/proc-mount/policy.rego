# METADATA
# scope: package
# title: A container sees the whole of /proc
# description: |-
#   Container runtimes mask parts of /proc that tell about the node or change its kernel. Restricted Pods never
#   unmask them, even in a user namespace, where the level baseline allows it since 1.35.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pod-security/restricted/proc-mount
#   severity: error
#   supersedes: [pod-security/baseline/proc-mount]
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
#     Remove procMount.
package policy.pod_security.restricted.proc_mount

import data.lib.pod
import data.lib.pod_security

deny contains violation if {
	pod_security.minor >= 35
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
