package policy.pod_security.baseline.selinux_test

import data.lib.testing as t
import data.policy.pod_security.baseline.selinux as policy

options(value) := {"securityContext": {"seLinuxOptions": value}}

test_type if {
	violations := policy.deny with input as t.container(options({"type": "spc_t"}))
	t.messages(violations) == {`seLinuxOptions (container "app" set forbidden securityContext.seLinuxOptions: type "spc_t")`}
	t.fields(violations) == {"/spec/containers/0/securityContext/seLinuxOptions/type"}
}

test_user_and_role if {
	violations := policy.deny with input as t.pod(options({"user": "system_u", "role": "system_r", "level": "s0:c1"}))
	t.messages(violations) == {
		"seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set)",
		"seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: role may not be set)",
	}
	t.fields(violations) == {"/spec/securityContext/seLinuxOptions/user", "/spec/securityContext/seLinuxOptions/role"}
}

test_allowed if {
	count(policy.deny) == 0 with input as t.pod(options({"type": "container_t", "level": "s0", "user": "", "role": null}))
	count(policy.deny) == 0 with input as t.pod(options({}))
	count(policy.deny) == 0 with input as t.pod(options(null))
}

test_container_engine_since_1_31 if {
	request := t.pod(options({"type": "container_engine_t"}))
	count(policy.deny) == 0 with input as request
	count(policy.deny) == 1 with input as t.with_params(request, {"version": "v1.30"})
}
