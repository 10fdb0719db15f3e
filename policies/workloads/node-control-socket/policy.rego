# METADATA
# scope: package
# title: A volume gives control over the node
# description: |-
#   Whoever writes to the socket of the container runtime, or to the kubelet's, the runtime's or the system's
#   folders, can start any process on the node. Read-only mounts of a socket do not help: connecting to it is no
#   write.
# related_resources:
# - https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   id: workloads/node-control-socket
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
#     Build images with a rootless builder, read metrics through the API, and mount folders read-only.
package policy.workloads.node_control_socket

import data.lib.pod
import data.lib.review

sockets := {
	"/run/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/docker.sock",
	"/run/podman/podman.sock",
	"/run/cri-dockerd.sock",
}

folders := {"/", "/etc", "/root", "/boot", "/proc", "/run", "/var", "/var/run", "/var/lib", "/var/lib/kubelet", "/etc/kubernetes"}

warn contains violation if {
	some volume in pod.volumes
	path := cleaned(volume.value.hostPath.path)
	path in sockets
	violation := {
		"msg": sprintf(`volume "%s" is the socket %s: it gives control over the node`, [volume.name, path]),
		"field": concat("", [volume.at, "/hostPath/path"]),
	}
}

warn contains violation if {
	some volume in pod.volumes
	path := cleaned(volume.value.hostPath.path)
	path in folders
	written(volume.name)
	violation := {
		"msg": sprintf(`volume "%s" lets its containers write to %s of the node: it gives control over the node`, [volume.name, path]),
		"field": concat("", [volume.at, "/hostPath/path"]),
	}
}

# /var/run is a link to /run.
cleaned(path) := "/" if {
	path == "/"
} else := trim_suffix(regex.replace(path, `^/var/run/`, "/run/"), "/")

written(name) if {
	some container in pod.containers
	some mount in review.list(object.get(container.value, "volumeMounts", []))
	mount.name == name
	object.get(mount, "readOnly", false) != true
}
