package policy.pod_security.restricted.running_as_non_root_user_test

import data.lib.testing as t
import data.policy.pod_security.restricted.running_as_non_root_user as policy

user(id) := {"securityContext": {"runAsUser": id}}

test_root if {
	violations := policy.deny with input as t.container(user(0))
	t.messages(violations) == {`runAsUser=0 (container "app" must not set runAsUser=0)`}
	t.fields(violations) == {"/spec/containers/0/securityContext/runAsUser"}
	more := policy.deny with input as t.pod(user(0))
	t.messages(more) == {"runAsUser=0 (pod must not set runAsUser=0)"}
}

test_others if {
	count(policy.deny) == 0 with input as t.container(user(1000))
	count(policy.deny) == 0 with input as t.container(user(null))
	count(policy.deny) == 0 with input as t.container({})
}

test_versions if {
	request := t.pod(object.union({"hostUsers": false}, user(0)))
	count(policy.deny) == 0 with input as request
	count(policy.deny) == 1 with input as t.with_params(request, {"version": "v1.34"})
	count(policy.deny) == 0 with input as t.with_params(request, {"version": "v1.22"})
}
