# METADATA
# scope: package
# title: A container adds a capability beyond the runtime's default set
# description: |-
#   Capabilities such as SYS_ADMIN, NET_ADMIN or SYS_PTRACE are steps on the way out of a container. The standard
#   allows those that container runtimes grant anyway, except NET_RAW.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/capabilities
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
#   help: >-
#     Remove the capability. A program that listens below port 1024 needs NET_BIND_SERVICE only.
package policy.pod_security.baseline.capabilities

import data.lib.pod
import data.lib.review

allowed := {
	"AUDIT_WRITE",
	"CHOWN",
	"DAC_OVERRIDE",
	"FOWNER",
	"FSETID",
	"KILL",
	"MKNOD",
	"NET_BIND_SERVICE",
	"SETFCAP",
	"SETGID",
	"SETPCAP",
	"SETUID",
	"SYS_CHROOT",
}

deny contains violation if {
	some container in pod.containers
	some item in review.items(container.value.securityContext.capabilities.add)
	not item.value in allowed
	violation := {
		"msg": sprintf(
			`non-default capabilities (container "%s" must not include "%v" in securityContext.capabilities.add)`,
			[container.name, item.value],
		),
		"field": sprintf("%s/securityContext/capabilities/add/%d", [container.at, item.index]),
	}
}
