package policy.pod_security.baseline.host_probes_and_lifecycle_test

import data.lib.testing as t
import data.policy.pod_security.baseline.host_probes_and_lifecycle as policy

test_probe if {
	violations := policy.deny with input as t.container({"livenessProbe": {"httpGet": {"host": "169.254.169.254", "port": 80}}})
	t.messages(violations) == {`probe or lifecycle host (container "app" uses probe or lifecycle host "169.254.169.254")`}
	t.fields(violations) == {"/spec/containers/0/livenessProbe/httpGet/host"}
}

test_hook if {
	violations := policy.deny with input as t.container({"lifecycle": {"preStop": {"tcpSocket": {"host": "127.0.0.1", "port": 80}}}})
	t.fields(violations) == {"/spec/containers/0/lifecycle/preStop/tcpSocket/host"}
}

test_own_address if {
	count(policy.deny) == 0 with input as t.container({
		"readinessProbe": {"httpGet": {"port": 80}, "tcpSocket": null},
		"startupProbe": {"tcpSocket": {"host": "", "port": 80}},
		"lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
	})
}

test_older_standard if {
	count(policy.deny) == 0 with input as t.with_params(
		t.container({"livenessProbe": {"httpGet": {"host": "a"}}}),
		{"version": "v1.33"},
	)
}
