package policy.pod_security.restricted.volume_types_test

import data.lib.testing as t
import data.policy.pod_security.restricted.volume_types as policy

test_nfs if {
	violations := policy.deny with input as t.pod({"volumes": [
		{"name": "tmp", "emptyDir": {}},
		{"name": "data", "nfs": {"server": "nas", "path": "/"}},
	]})
	t.messages(violations) == {`restricted volume types (volume "data" uses restricted volume type "nfs")`}
	t.fields(violations) == {"/spec/volumes/1/nfs"}
}

test_host_path if {
	count(policy.deny) == 1 with input as t.pod({"volumes": [{"name": "data", "hostPath": {"path": "/"}}]})
}

test_no_source if {
	violations := policy.deny with input as t.pod({"volumes": [{"name": "data"}]})
	t.messages(violations) == {`restricted volume types (volume "data" uses restricted volume type "unknown")`}
	t.fields(violations) == {"/spec/volumes/0"}
}

test_allowed if {
	count(policy.deny) == 0 with input as t.pod({"volumes": [
		{"name": "a", "configMap": {"name": "a"}},
		{"name": "b", "secret": {"secretName": "a"}},
		{"name": "c", "persistentVolumeClaim": {"claimName": "a"}},
		{"name": "d", "projected": {}},
		{"name": "e", "csi": {"driver": "a"}},
		{"name": "f", "ephemeral": {}},
		{"name": "g", "image": {}},
		{"name": "h", "downwardAPI": {}, "hostPath": null},
	]})
	count(policy.deny) == 0 with input as t.pod({})
}
