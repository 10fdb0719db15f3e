package policy.workloads.pdb_blocks_eviction_test

import data.lib.testing as t
import data.policy.workloads.pdb_blocks_eviction as policy

pdb(spec) := t.create({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": spec})

test_zero if {
	violations := policy.warn with input as pdb({"maxUnavailable": 0})
	t.fields(violations) == {"/spec/maxUnavailable"}
	count(policy.warn) == 1 with input as pdb({"maxUnavailable": "0%"})
}

test_all if {
	violations := policy.warn with input as pdb({"minAvailable": "100%"})
	t.fields(violations) == {"/spec/minAvailable"}
}

test_some if {
	count(policy.warn) == 0 with input as pdb({"maxUnavailable": 1})
	count(policy.warn) == 0 with input as pdb({"minAvailable": "50%"})
	count(policy.warn) == 0 with input as pdb({"minAvailable": 100})
	count(policy.warn) == 0 with input as pdb({})
}
