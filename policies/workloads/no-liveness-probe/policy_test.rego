package policy.workloads.no_liveness_probe_test

import data.lib.testing as t
import data.policy.workloads.no_liveness_probe as policy

ports := [{"containerPort": 8080}]

test_no_probe if {
	violations := policy.info with input as t.deployment({"containers": [{"name": "a", "ports": ports}]})
	t.fields(violations) == {"/spec/template/spec/containers/0/livenessProbe"}
}

test_probe_or_no_port if {
	count(policy.info) == 0 with input as t.deployment({"containers": [
		{"name": "a", "ports": ports, "livenessProbe": {"tcpSocket": {"port": 1}}},
		{"name": "b"},
	]})
}

test_init_container if {
	count(policy.info) == 0 with input as t.deployment({"initContainers": [{"name": "a", "ports": ports}]})
}
