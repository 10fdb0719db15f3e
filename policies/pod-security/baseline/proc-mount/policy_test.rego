package policy.pod_security.baseline.proc_mount_test

import data.lib.testing as t
import data.policy.pod_security.baseline.proc_mount as policy

mounting(value) := {"name": "app", "securityContext": {"procMount": value}}

test_unmasked if {
	violations := policy.deny with input as t.container(mounting("Unmasked"))
	t.messages(violations) == {`procMount (container "app" must not set securityContext.procMount to "Unmasked")`}
	t.fields(violations) == {"/spec/containers/0/securityContext/procMount"}
}

test_user_namespace_since_1_35 if {
	request := t.pod({"hostUsers": false, "containers": [mounting("Unmasked")]})
	count(policy.deny) == 0 with input as request
	count(policy.deny) == 1 with input as t.with_params(request, {"version": "v1.34"})
	count(policy.deny) == 1 with input as t.pod({"hostUsers": true, "containers": [mounting("Unmasked")]})
}

test_default if {
	count(policy.deny) == 0 with input as t.container(mounting("Default"))
	count(policy.deny) == 0 with input as t.container(mounting(null))
	count(policy.deny) == 0 with input as t.container({})
}
