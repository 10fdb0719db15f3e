package policy.workloads.liveness_equals_readiness_test

import data.lib.testing as t
import data.policy.workloads.liveness_equals_readiness as policy

probe := {"httpGet": {"path": "/health", "port": 80}}

probes(live, ready) := t.deployment({"containers": [{"name": "a", "livenessProbe": live, "readinessProbe": ready}]})

test_same if {
	violations := policy.info with input as probes(probe, probe)
	t.fields(violations) == {"/spec/template/spec/containers/0/livenessProbe"}
	count(policy.info) == 1 with input as probes(probe, object.union(probe, {"failureThreshold": 3, "initialDelaySeconds": 5}))
}

test_more_patient if {
	count(policy.info) == 0 with input as probes(object.union(probe, {"failureThreshold": 10}), probe)
}

test_other_path if {
	count(policy.info) == 0 with input as probes({"httpGet": {"path": "/live", "port": 80}}, probe)
}

test_one_of_them if {
	count(policy.info) == 0 with input as probes(probe, null)
	count(policy.info) == 0 with input as t.deployment({"containers": [{"name": "a", "readinessProbe": probe}]})
}
