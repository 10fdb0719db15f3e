package policy.workloads.node_control_socket_test

import data.lib.testing as t
import data.policy.workloads.node_control_socket as policy

mounts(path, mount) := t.pod({
	"volumes": [{"name": "host", "hostPath": {"path": path}}],
	"containers": [{"name": "a", "volumeMounts": [object.union({"name": "host", "mountPath": "/host"}, mount)]}],
})

test_socket if {
	violations := policy.warn with input as mounts("/var/run/docker.sock", {"readOnly": true})
	t.messages(violations) == {`volume "host" is the socket /run/docker.sock: it gives control over the node`}
	t.fields(violations) == {"/spec/volumes/0/hostPath/path"}
}

test_writable_folder if {
	count(policy.warn) == 1 with input as mounts("/", {})
	count(policy.warn) == 1 with input as mounts("/var/lib/kubelet/", {"readOnly": false})
}

test_read_only_folder if {
	count(policy.warn) == 0 with input as mounts("/", {"readOnly": true})
	count(policy.warn) == 0 with input as mounts("/var/log", {})
}

test_other_volume if {
	count(policy.warn) == 0 with input as t.pod({
		"volumes": [{"name": "host", "hostPath": {"path": "/"}}],
		"containers": [{"name": "a", "volumeMounts": [{"name": "tmp"}, {"name": "host", "readOnly": true}]}],
	})
	count(policy.warn) == 0 with input as t.pod({"volumes": [{"name": "a", "emptyDir": {}}]})
}
