# METADATA
# scope: package
# title: A volume is a folder of the node
# description: |-
#   A hostPath volume gives a Pod the node's files: the kubelet's credentials, the container runtime's socket, other
#   Pods' volumes. It also ties the data to one node. Use a PersistentVolumeClaim, an emptyDir or a projected
#   volume.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/host-path-volumes
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
#     Use a PersistentVolumeClaim for data and an emptyDir for scratch space.
package policy.pod_security.baseline.host_path_volumes

import data.lib.pod

deny contains violation if {
	some volume in pod.volumes
	object.get(volume.value, "hostPath", null) != null
	violation := {
		"msg": sprintf(`hostPath volumes (volume "%s")`, [volume.name]),
		"field": concat("", [volume.at, "/hostPath"]),
	}
}
