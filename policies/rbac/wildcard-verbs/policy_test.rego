package policy.rbac.wildcard_verbs_test

import data.lib.testing as t
import data.policy.rbac.wildcard_verbs as policy

rules(groups, resources) := t.role([{"apiGroups": groups, "resources": resources, "verbs": ["get", "*"]}])

test_verbs if {
	violations := policy.warn with input as rules(["apps", ""], ["pods", "deployments"])
	t.messages(violations) == {"every verb on pods, deployments"}
	t.fields(violations) == {"/rules/0/verbs/1"}
}

test_own_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["shops"])
}

test_said_elsewhere if {
	count(policy.warn) == 0 with input as rules([""], ["*"])
}

test_named if {
	count(policy.warn) == 0 with input as t.role([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}])
	count(policy.warn) == 0 with input as t.role([{"apiGroups": [""], "resources": ["pods"], "verbs": "*"}])
}
