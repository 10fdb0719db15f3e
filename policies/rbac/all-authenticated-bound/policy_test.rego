package policy.rbac.all_authenticated_bound_test

import data.lib.testing as t
import data.policy.rbac.all_authenticated_bound as policy

test_groups if {
	violations := policy.warn with input as t.binding("view", [{"kind": "Group", "name": "system:authenticated"}, {"kind": "Group", "name": "system:serviceaccounts"}])
	t.fields(violations) == {"/subjects/0/name", "/subjects/1/name"}
}

test_of_one_namespace if {
	count(policy.warn) == 0 with input as t.binding("view", [{"kind": "Group", "name": "system:serviceaccounts:shop"}])
}

test_discovery if {
	count(policy.warn) == 0 with input as t.binding("system:discovery", [{"kind": "Group", "name": "system:authenticated"}])
}

test_a_user_of_that_name if {
	count(policy.warn) == 0 with input as t.binding("view", [{"kind": "User", "name": "system:authenticated"}])
}
