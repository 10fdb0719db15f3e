package policy.pod_security.baseline.host_path_volumes_test

import data.lib.testing as t
import data.policy.pod_security.baseline.host_path_volumes as policy

test_host_path if {
	violations := policy.deny with input as t.pod({"volumes": [
		{"name": "tmp", "emptyDir": {}},
		{"name": "host", "hostPath": {"path": "/etc"}},
	]})
	t.messages(violations) == {`hostPath volumes (volume "host")`}
	t.fields(violations) == {"/spec/volumes/1/hostPath"}
}

test_without_a_path if {
	count(policy.deny) == 1 with input as t.pod({"volumes": [{"name": "host", "hostPath": {}}]})
}

test_others if {
	count(policy.deny) == 0 with input as t.pod({"volumes": [{"name": "tmp", "emptyDir": {}, "hostPath": null}]})
	count(policy.deny) == 0 with input as t.pod({"volumes": []})
}
