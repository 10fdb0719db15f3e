package policy.pod_security.restricted.capabilities_test

import data.lib.testing as t
import data.policy.pod_security.restricted.capabilities as policy

with_capabilities(value) := t.container({"securityContext": {"capabilities": value}})

test_nothing_dropped if {
	violations := policy.deny with input as t.container({})
	t.messages(violations) == {`unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"])`}
	t.fields(violations) == {"/spec/containers/0/securityContext/capabilities/drop"}
}

test_some_dropped if {
	violations := policy.deny with input as with_capabilities({"drop": ["NET_RAW"]})
	t.fields(violations) == {"/spec/containers/0/securityContext/capabilities/drop"}
	count(policy.deny) == 1 with input as with_capabilities({"drop": ["all"]})
	count(policy.deny) == 1 with input as with_capabilities({"drop": null})
}

test_added if {
	violations := policy.deny with input as with_capabilities({"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"]})
	t.messages(violations) == {`unrestricted capabilities (container "app" must not include "CHOWN" in securityContext.capabilities.add)`}
	t.fields(violations) == {"/spec/containers/0/securityContext/capabilities/add/1"}
}

test_restricted if {
	count(policy.deny) == 0 with input as with_capabilities({"drop": ["ALL"]})
	count(policy.deny) == 0 with input as with_capabilities({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})
}

test_windows_since_1_25 if {
	request := t.pod({"os": {"name": "windows"}, "containers": [{"name": "app"}]})
	count(policy.deny) == 0 with input as request
	count(policy.deny) == 1 with input as t.with_params(request, {"version": "v1.24"})
	count(policy.deny) == 0 with input as t.with_params(with_capabilities({"add": ["CHOWN"]}), {"version": "v1.21"})
}
