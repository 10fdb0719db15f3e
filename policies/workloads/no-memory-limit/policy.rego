# METADATA
# scope: package
# title: A container has no memory limit
# description: |-
#   A container without a memory limit that leaks takes the node's memory, and the kernel then kills others. A limit
#   keeps the damage to the container. CPU is different: it is shared by weight, and a CPU limit is not asked for.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: workloads/no-memory-limit
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
#     Add resources.limits.memory; the same as the request is a good start.
package policy.workloads.no_memory_limit

import data.lib.pod
import data.lib.review

warn contains violation if {
	some container in pod.running
	not limited(container.value)
	not limited(pod.spec)
	violation := {
		"msg": sprintf(`container "%s" has no memory limit`, [container.name]),
		"field": review.pointer(container.at, ["resources", "limits", "memory"]),
	}
}

limited(owner) if object.get(owner, ["resources", "limits", "memory"], null) != null
