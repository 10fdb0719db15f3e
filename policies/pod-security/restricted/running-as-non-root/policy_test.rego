package policy.pod_security.restricted.running_as_non_root_test

import data.lib.testing as t
import data.policy.pod_security.restricted.running_as_non_root as policy

non_root(value) := {"securityContext": {"runAsNonRoot": value}}

test_absent if {
	violations := policy.deny with input as t.pod({"containers": [{"name": "a"}, {"name": "b"}, object.union({"name": "c"}, non_root(true))]})
	t.messages(violations) == {`runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)`}
	t.fields(violations) == {"/spec/securityContext/runAsNonRoot"}
}

test_absent_below_a_security_context if {
	violations := policy.deny with input as t.deployment({"securityContext": {"fsGroup": 1}, "containers": [{"name": "a"}]})
	t.messages(violations) == {`runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)`}
	t.fields(violations) == {"/spec/template/spec/securityContext/runAsNonRoot"}
}

test_container_says_false if {
	violations := policy.deny with input as t.pod({
		"securityContext": {"runAsNonRoot": true},
		"containers": [object.union({"name": "a"}, non_root(false))],
	})
	t.messages(violations) == {`runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)`}
	t.fields(violations) == {"/spec/containers/0/securityContext/runAsNonRoot"}
}

test_pod_says_false if {
	violations := policy.deny with input as t.pod({
		"securityContext": {"runAsNonRoot": false},
		"containers": [{"name": "a"}],
	})
	t.fields(violations) == {"/spec/securityContext/runAsNonRoot"}
}

test_true if {
	count(policy.deny) == 0 with input as t.container(non_root(true))
	count(policy.deny) == 0 with input as t.pod({"securityContext": {"runAsNonRoot": true}, "containers": [{"name": "a"}]})
}

test_user_namespace_since_1_35 if {
	request := t.pod({"hostUsers": false, "containers": [{"name": "a"}]})
	count(policy.deny) == 0 with input as request
	count(policy.deny) == 1 with input as t.with_params(request, {"version": "v1.34"})
	count(policy.deny) == 0 with input as t.pod({"hostUsers": false, "securityContext": {"runAsNonRoot": false}})
}
