package policy.workloads.no_topology_spread_test

import data.lib.testing as t
import data.policy.workloads.no_topology_spread as policy

workload(replicas, spec) := t.create({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": replicas, "template": {"spec": spec}}})

test_three if {
	violations := policy.info with input as workload(3, {})
	t.fields(violations) == {"/spec/template/spec/topologySpreadConstraints"}
}

test_two if {
	count(policy.info) == 0 with input as workload(2, {})
	count(policy.info) == 1 with input as t.with_params(workload(2, {}), {"min-replicas": 2})
	count(policy.info) == 0 with input as workload(null, {})
	count(policy.info) == 0 with input as workload("3", {})
}

test_spread if {
	count(policy.info) == 0 with input as workload(3, {"topologySpreadConstraints": [{"maxSkew": 1}]})
	count(policy.info) == 0 with input as workload(3, {"affinity": {"podAntiAffinity": {}}})
	count(policy.info) == 1 with input as workload(3, {"affinity": {"nodeAffinity": {}}})
}
