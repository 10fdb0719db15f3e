package policy.workloads.no_readiness_probe_test

import data.lib.testing as t
import data.policy.workloads.no_readiness_probe as policy

ports := [{"containerPort": 8080}]

test_no_probe if {
	violations := policy.warn with input as t.deployment({"containers": [{"name": "a", "ports": ports}]})
	t.messages(violations) == {`container "a" has a port and no readinessProbe`}
	t.fields(violations) == {"/spec/template/spec/containers/0/readinessProbe"}
}

test_probe if {
	count(policy.warn) == 0 with input as t.deployment({"containers": [{"name": "a", "ports": ports, "readinessProbe": {"grpc": {"port": 1}}}]})
}

test_no_port if {
	count(policy.warn) == 0 with input as t.deployment({"containers": [{"name": "a"}, {"name": "b", "ports": []}]})
}

test_init_container if {
	count(policy.warn) == 0 with input as t.deployment({"initContainers": [{"name": "a", "ports": ports}]})
}
