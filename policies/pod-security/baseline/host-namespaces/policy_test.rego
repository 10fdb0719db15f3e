package policy.pod_security.baseline.host_namespaces_test

import data.lib.testing as t
import data.policy.pod_security.baseline.host_namespaces as policy

test_each if {
	violations := policy.deny with input as t.pod({"hostNetwork": true, "hostPID": true, "hostIPC": true})
	t.messages(violations) == {
		"host namespaces (hostNetwork=true)",
		"host namespaces (hostPID=true)",
		"host namespaces (hostIPC=true)",
	}
	t.fields(violations) == {"/spec/hostNetwork", "/spec/hostPID", "/spec/hostIPC"}
}

test_cron_job if {
	violations := policy.deny with input as t.cron_job({"hostPID": true})
	t.fields(violations) == {"/spec/jobTemplate/spec/template/spec/hostPID"}
}

test_false_and_absent if {
	count(policy.deny) == 0 with input as t.pod({"hostNetwork": false, "hostIPC": null})
	count(policy.deny) == 0 with input as t.pod({})
	count(policy.deny) == 0 with input as t.pod(null)
}
