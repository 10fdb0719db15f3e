# METADATA
# scope: package
# title: A volume in memory has no size limit
# description: |-
#   An emptyDir of medium Memory counts as memory of the containers that write to it. Without sizeLimit, what is
#   written there ends in an out-of-memory kill that nobody understands.
# related_resources:
# - https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
# custom:
#   id: workloads/unbounded-memory-volume
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
#     Set sizeLimit.
package policy.workloads.unbounded_memory_volume

import data.lib.pod

warn contains violation if {
	some volume in pod.volumes
	volume.value.emptyDir.medium == "Memory"
	object.get(volume.value.emptyDir, "sizeLimit", null) == null
	violation := {
		"msg": sprintf(`volume "%s" lies in memory and has no sizeLimit`, [volume.name]),
		"field": concat("", [volume.at, "/emptyDir/sizeLimit"]),
	}
}
