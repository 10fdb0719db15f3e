package policy.pod_security.baseline.sysctls_test

import data.lib.testing as t
import data.policy.pod_security.baseline.sysctls as policy

setting(name) := t.pod({"securityContext": {"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "0"}, {"name": name, "value": "1"}]}})

test_forbidden if {
	violations := policy.deny with input as setting("kernel.msgmax")
	t.messages(violations) == {"forbidden sysctls (kernel.msgmax)"}
	t.fields(violations) == {"/spec/securityContext/sysctls/1/name"}
}

test_allowed if {
	count(policy.deny) == 0 with input as setting("net.ipv4.tcp_rmem")
	count(policy.deny) == 0 with input as t.pod({"securityContext": {"sysctls": null}})
	count(policy.deny) == 0 with input as t.pod({"securityContext": {}})
}

test_since if {
	count(policy.deny) == 1 with input as t.with_params(setting("net.ipv4.tcp_rmem"), {"version": "v1.31"})
	count(policy.deny) == 0 with input as t.with_params(setting("net.ipv4.tcp_rmem"), {"version": "v1.32"})
	count(policy.deny) == 1 with input as t.with_params(setting("net.ipv4.tcp_fin_timeout"), {"version": "v1.28"})
	count(policy.deny) == 0 with input as t.with_params(setting("net.ipv4.ip_local_reserved_ports"), {"version": "v1.27"})
}
