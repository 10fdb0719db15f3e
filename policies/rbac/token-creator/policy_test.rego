package policy.rbac.token_creator_test

import data.lib.testing as t
import data.policy.rbac.token_creator as policy

rules(groups, resources, verbs) := t.role([{"apiGroups": groups, "resources": resources, "verbs": verbs}])

test_allowed if {
	violations := policy.warn with input as rules([""], ["pods", "serviceaccounts/token"], ["create"])
	t.messages(violations) == {"tokens of service accounts can be made: all their rights, too"}
	t.fields(violations) == {"/rules/0/resources/1"}
	count(policy.warn) == 1 with input as rules(["*"], ["serviceaccounts/token"], ["*"])
}

test_other_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["serviceaccounts/token"], ["create"])
}

test_read if {
	count(policy.warn) == 0 with input as rules([""], ["serviceaccounts"], ["create", "get"])
	count(policy.warn) == 0 with input as rules([""], ["serviceaccounts/token"], ["get"])
}
