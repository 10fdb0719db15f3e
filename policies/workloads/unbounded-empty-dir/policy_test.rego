package policy.workloads.unbounded_empty_dir_test

import data.lib.testing as t
import data.policy.workloads.unbounded_empty_dir as policy

volume(value) := t.pod({"volumes": [{"name": "tmp", "emptyDir": value}], "containers": [{"name": "a"}]})

test_unbounded if {
	violations := policy.info with input as volume({})
	t.fields(violations) == {"/spec/volumes/0/emptyDir/sizeLimit"}
}

test_limited if {
	count(policy.info) == 0 with input as volume({"sizeLimit": "1Gi"})
	count(policy.info) == 0 with input as t.pod({
		"volumes": [{"name": "tmp", "emptyDir": {}}],
		"containers": [{"name": "a", "resources": {"limits": {"ephemeral-storage": "1Gi"}}}],
	})
}

test_memory_has_its_own_policy if {
	count(policy.info) == 0 with input as volume({"medium": "Memory"})
}
