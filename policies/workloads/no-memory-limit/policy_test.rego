package policy.workloads.no_memory_limit_test

import data.lib.testing as t
import data.policy.workloads.no_memory_limit as policy

resources(value) := t.deployment({"containers": [{"name": "a", "resources": value}]})

test_none if {
	violations := policy.warn with input as resources({"limits": {"cpu": 1}})
	t.messages(violations) == {`container "a" has no memory limit`}
	t.fields(violations) == {"/spec/template/spec/containers/0/resources/limits/memory"}
	more := policy.warn with input as resources({"requests": {"memory": "1Gi"}})
	t.fields(more) == {"/spec/template/spec/containers/0/resources/limits/memory"}
}

test_limit if {
	count(policy.warn) == 0 with input as resources({"limits": {"memory": "1Gi"}})
}

test_limit_of_the_pod if {
	count(policy.warn) == 0 with input as t.deployment({"resources": {"limits": {"memory": "1Gi"}}, "containers": [{"name": "a"}]})
}
