package policy.pod_security.restricted.privilege_escalation_test

import data.lib.testing as t
import data.policy.pod_security.restricted.privilege_escalation as policy

test_true if {
	violations := policy.deny with input as t.container({"securityContext": {"allowPrivilegeEscalation": true}})
	t.messages(violations) == {`allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false)`}
	t.fields(violations) == {"/spec/containers/0/securityContext/allowPrivilegeEscalation"}
}

test_absent if {
	violations := policy.deny with input as t.container({"securityContext": {"runAsNonRoot": true}})
	t.fields(violations) == {"/spec/containers/0/securityContext/allowPrivilegeEscalation"}
	more := policy.deny with input as t.cron_job({"containers": [{"name": "app"}]})
	t.fields(more) == {"/spec/jobTemplate/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation"}
}

test_false if {
	count(policy.deny) == 0 with input as t.container({"securityContext": {"allowPrivilegeEscalation": false}})
	count(policy.deny) == 0 with input as t.pod({})
}

test_windows_since_1_25 if {
	request := t.pod({"os": {"name": "windows"}, "containers": [{"name": "app"}]})
	count(policy.deny) == 0 with input as request
	count(policy.deny) == 1 with input as t.with_params(request, {"version": "v1.24"})
	count(policy.deny) == 0 with input as t.with_params(t.container({}), {"version": "v1.7"})
	count(policy.deny) == 1 with input as t.pod({"os": {"name": "linux"}, "containers": [{"name": "app"}]})
}
