# METADATA
# scope: package
# title: A volume is of a type that reaches beyond the Pod
# description: |-
#   Restricted Pods use configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected
#   and secret. Storage of other types is provided by the cluster through PersistentVolumes, so that whoever writes
#   a Pod does not choose servers, devices and their credentials.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pod-security/restricted/volume-types
#   severity: error
#   supersedes: [pod-security/baseline/host-path-volumes]
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
#     Use a PersistentVolumeClaim.
package policy.pod_security.restricted.volume_types

import data.lib.pod
import data.lib.review

allowed := {
	"configMap",
	"csi",
	"downwardAPI",
	"emptyDir",
	"ephemeral",
	"image",
	"persistentVolumeClaim",
	"projected",
	"secret",
}

deny contains violation if {
	some volume in pod.volumes
	types := [key | some key, value in volume.value; key != "name"; value != null]
	count(allowed & {key | some key in types}) == 0
	type := array.concat(types, ["unknown"])[0]
	violation := {
		"msg": sprintf(
			`restricted volume types (volume "%s" uses restricted volume type "%s")`,
			[volume.name, type],
		),
		"field": review.pointer(volume.at, array.slice(types, 0, 1)),
	}
}
