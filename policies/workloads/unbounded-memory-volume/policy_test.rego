package policy.workloads.unbounded_memory_volume_test

import data.lib.testing as t
import data.policy.workloads.unbounded_memory_volume as policy

volume(value) := t.pod({"volumes": [{"name": "tmp", "emptyDir": value}]})

test_memory if {
	violations := policy.warn with input as volume({"medium": "Memory"})
	t.fields(violations) == {"/spec/volumes/0/emptyDir/sizeLimit"}
}

test_limited if {
	count(policy.warn) == 0 with input as volume({"medium": "Memory", "sizeLimit": "64Mi"})
}

test_disk if {
	count(policy.warn) == 0 with input as volume({})
	count(policy.warn) == 0 with input as volume(null)
}
