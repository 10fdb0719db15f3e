package policy.pod_security.baseline.capabilities_test

import data.lib.testing as t
import data.policy.pod_security.baseline.capabilities as policy

adding(names) := t.container({"securityContext": {"capabilities": {"add": names}}})

test_added if {
	violations := policy.deny with input as adding(["CHOWN", "NET_RAW"])
	t.messages(violations) == {`non-default capabilities (container "app" must not include "NET_RAW" in securityContext.capabilities.add)`}
	t.fields(violations) == {"/spec/containers/0/securityContext/capabilities/add/1"}
}

test_names_are_exact if {
	count(policy.deny) == 3 with input as adding(["CAP_CHOWN", "chown", "ALL"])
}

test_allowed if {
	count(policy.deny) == 0 with input as adding(["NET_BIND_SERVICE", "SETUID"])
	count(policy.deny) == 0 with input as adding([])
	count(policy.deny) == 0 with input as adding(null)
	count(policy.deny) == 0 with input as t.container({"securityContext": {"capabilities": {"drop": ["ALL"]}}})
}
