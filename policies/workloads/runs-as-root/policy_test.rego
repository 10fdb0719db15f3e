package policy.workloads.runs_as_root_test

import data.lib.testing as t
import data.policy.workloads.runs_as_root as policy

test_user if {
	violations := policy.warn with input as t.container({"securityContext": {"runAsUser": 0}})
	t.messages(violations) == {`container "app" runs as root: runAsUser is 0`}
	t.fields(violations) == {"/spec/containers/0/securityContext/runAsUser"}
}

test_non_root_off if {
	violations := policy.warn with input as t.pod({"securityContext": {"runAsNonRoot": false}})
	t.fields(violations) == {"/spec/securityContext/runAsNonRoot"}
}

test_others if {
	count(policy.warn) == 0 with input as t.container({"securityContext": {"runAsUser": 1000, "runAsNonRoot": true}})
	count(policy.warn) == 0 with input as t.container({})
	count(policy.warn) == 0 with input as t.pod({"hostUsers": false, "securityContext": {"runAsUser": 0}})
}
