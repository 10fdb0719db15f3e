package policy.rbac.pod_exec_test

import data.lib.testing as t
import data.policy.rbac.pod_exec as policy

rules(groups, resources, verbs) := t.role([{"apiGroups": groups, "resources": resources, "verbs": verbs}])

test_allowed if {
	violations := policy.warn with input as rules([""], ["pods", "pods/exec"], ["create"])
	t.messages(violations) == {"commands can be run in Pods, with their Secrets and their service accounts"}
	t.fields(violations) == {"/rules/0/resources/1"}
	count(policy.warn) == 1 with input as rules(["*"], ["pods/exec"], ["*"])
}

test_other_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["pods/exec"], ["create"])
}

test_logs if {
	count(policy.warn) == 0 with input as rules([""], ["pods/log", "pods/portforward"], ["get", "create"])
	count(policy.warn) == 0 with input as rules([""], ["pods/exec"], ["list"])
}
