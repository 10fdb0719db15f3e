package policy.pod_security.restricted.seccomp_test

import data.lib.testing as t
import data.policy.pod_security.restricted.seccomp as policy

profile(type) := {"securityContext": {"seccompProfile": {"type": type}}}

test_absent if {
	violations := policy.deny with input as t.pod({"containers": [{"name": "a"}, object.union({"name": "b"}, profile("Localhost"))]})
	t.messages(violations) == {`seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`}
	t.fields(violations) == {"/spec/securityContext/seccompProfile"}
}

test_unconfined if {
	violations := policy.deny with input as t.container(profile("Unconfined"))
	t.messages(violations) == {`seccompProfile (container "app" must not set securityContext.seccompProfile.type to "Unconfined")`}
	t.fields(violations) == {"/spec/containers/0/securityContext/seccompProfile/type"}
}

test_pod_unconfined if {
	violations := policy.deny with input as t.pod(object.union(profile("Unconfined"), {"containers": [{"name": "a"}]}))
	t.fields(violations) == {"/spec/securityContext/seccompProfile/type"}
}

test_allowed if {
	count(policy.deny) == 0 with input as t.container(profile("RuntimeDefault"))
	count(policy.deny) == 0 with input as t.pod(object.union(profile("RuntimeDefault"), {"containers": [{"name": "a"}]}))
}

test_windows_since_1_25 if {
	request := t.pod({"os": {"name": "windows"}, "containers": [{"name": "app"}]})
	count(policy.deny) == 0 with input as request
	count(policy.deny) == 1 with input as t.with_params(request, {"version": "v1.24"})
	count(policy.deny) == 0 with input as t.with_params(t.container(profile("Unconfined")), {"version": "v1.18"})
}
