package policy.pod_security.baseline.privileged_containers_test

import data.lib.testing as t
import data.policy.pod_security.baseline.privileged_containers as policy

privileged := {"name": "app", "securityContext": {"privileged": true}}

test_every_list if {
	violations := policy.deny with input as t.pod({
		"initContainers": [privileged],
		"containers": [{"name": "first"}, privileged],
		"ephemeralContainers": [privileged],
	})
	t.messages(violations) == {`privileged (container "app" must not set securityContext.privileged=true)`}
	t.fields(violations) == {
		"/spec/initContainers/0/securityContext/privileged",
		"/spec/containers/1/securityContext/privileged",
		"/spec/ephemeralContainers/0/securityContext/privileged",
	}
}

test_deployment if {
	violations := policy.deny with input as t.deployment({"containers": [privileged]})
	t.fields(violations) == {"/spec/template/spec/containers/0/securityContext/privileged"}
}

test_false_and_absent if {
	count(policy.deny) == 0 with input as t.container({"securityContext": {"privileged": false}})
	count(policy.deny) == 0 with input as t.container({"securityContext": {}})
	count(policy.deny) == 0 with input as t.container({})
	count(policy.deny) == 0 with input as t.pod({"containers": [null, "app"]})
	count(policy.deny) == 0 with input as t.pod({"containers": null})
}

test_other_kind if {
	count(policy.deny) == 0 with input as t.create({"kind": "ConfigMap", "spec": {"containers": [privileged]}})
}
