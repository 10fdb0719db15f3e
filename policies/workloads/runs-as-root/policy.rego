# METADATA
# scope: package
# title: A container is told to run as root
# description: |-
#   Root in a container is root on the node for every mistake in the runtime or the kernel. Only what the manifest
#   says is judged here; pod-security/restricted asks that it say the opposite.
# custom:
#   id: workloads/runs-as-root
#   severity: warning
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
#     Set the user that the image was built for, or hostUsers: false where the nodes support it.
package policy.workloads.runs_as_root

import data.lib.pod

warn contains violation if {
	not pod.in_user_namespace
	some context in pod.security_contexts
	some field, value in {"runAsUser": 0, "runAsNonRoot": false}
	context.value[field] == value
	violation := {
		"msg": sprintf("%s runs as root: %s is %v", [context.owner, field, value]),
		"field": sprintf("%s/%s", [context.at, field]),
	}
}
