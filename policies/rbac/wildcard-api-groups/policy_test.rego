package policy.rbac.wildcard_api_groups_test

import data.lib.testing as t
import data.policy.rbac.wildcard_api_groups as policy

rules(groups, resources) := t.role([{"apiGroups": groups, "resources": resources, "verbs": ["get"]}])

test_every_group if {
	violations := policy.warn with input as rules(["*"], ["ingresses"])
	t.messages(violations) == {"ingresses in every API group"}
	t.fields(violations) == {"/rules/0/apiGroups/0"}
}

test_scale if {
	count(policy.warn) == 0 with input as rules(["apps"], ["*/scale"])
}

test_said_elsewhere if {
	count(policy.warn) == 0 with input as rules(["*"], ["*"])
}
