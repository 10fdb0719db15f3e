# METADATA
# scope: package
# title: An emptyDir has no size limit
# description: |-
#   What a Pod writes to an emptyDir fills the node's disk; when it is full, the kubelet evicts Pods, and not only
#   the one that wrote. A limit on the volume or on the containers' ephemeral-storage keeps it to the Pod.
# related_resources:
# - https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
# custom:
#   id: workloads/unbounded-empty-dir
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
#     Set sizeLimit.
package policy.workloads.unbounded_empty_dir

import data.lib.pod

info contains violation if {
	some volume in pod.volumes
	is_object(volume.value.emptyDir)
	object.get(volume.value.emptyDir, "medium", "") != "Memory"
	object.get(volume.value.emptyDir, "sizeLimit", null) == null
	not limited_by_containers
	violation := {
		"msg": sprintf(`volume "%s" can fill the node's disk: it has no sizeLimit`, [volume.name]),
		"field": concat("", [volume.at, "/emptyDir/sizeLimit"]),
	}
}

limited_by_containers if {
	every container in pod.running {
		object.get(container.value, ["resources", "limits", "ephemeral-storage"], null) != null
	}
}
