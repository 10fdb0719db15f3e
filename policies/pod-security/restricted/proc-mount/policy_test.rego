package policy.pod_security.restricted.proc_mount_test

import data.lib.testing as t
import data.policy.pod_security.restricted.proc_mount as policy

mounting(value) := {"name": "app", "securityContext": {"procMount": value}}

test_unmasked if {
	violations := policy.deny with input as t.container(mounting("Unmasked"))
	t.messages(violations) == {`procMount (container "app" must not set securityContext.procMount to "Unmasked")`}
	t.fields(violations) == {"/spec/containers/0/securityContext/procMount"}
}

test_even_in_a_user_namespace if {
	count(policy.deny) == 1 with input as t.pod({"hostUsers": false, "containers": [mounting("Unmasked")]})
}

test_baseline_had_it_before if {
	count(policy.deny) == 0 with input as t.with_params(t.container(mounting("Unmasked")), {"version": "v1.34"})
}

test_default if {
	count(policy.deny) == 0 with input as t.container(mounting("Default"))
	count(policy.deny) == 0 with input as t.container({"securityContext": null})
}
