package policy.workloads.no_resource_requests_test

import data.lib.testing as t
import data.policy.workloads.no_resource_requests as policy

resources(value) := t.deployment({"containers": [{"name": "a", "resources": value}]})

test_nothing if {
	violations := policy.warn with input as t.deployment({"containers": [{"name": "a"}]})
	t.messages(violations) == {`container "a" requests no cpu and no memory`}
	t.fields(violations) == {"/spec/template/spec/containers/0/resources/requests/cpu"}
}

test_one if {
	violations := policy.warn with input as resources({"requests": {"cpu": "100m"}})
	t.messages(violations) == {`container "a" requests no memory`}
	t.fields(violations) == {"/spec/template/spec/containers/0/resources/requests/memory"}
}

test_both if {
	count(policy.warn) == 0 with input as resources({"requests": {"cpu": "100m", "memory": "1Gi"}})
}

test_limit_counts if {
	count(policy.warn) == 0 with input as resources({"requests": {"cpu": 1}, "limits": {"memory": "1Gi"}})
}

test_pod_counts if {
	count(policy.warn) == 0 with input as t.deployment({
		"resources": {"requests": {"cpu": "1", "memory": "1Gi"}},
		"containers": [{"name": "a"}],
	})
}

test_sidecar_but_no_init_container if {
	count(policy.warn) == 1 with input as t.deployment({"initContainers": [{"name": "a", "restartPolicy": "Always"}, {"name": "b"}]})
}
