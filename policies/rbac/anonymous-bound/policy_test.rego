package policy.rbac.anonymous_bound_test

import data.lib.testing as t
import data.policy.rbac.anonymous_bound as policy

test_anonymous if {
	violations := policy.deny with input as t.binding("view", [{"kind": "User", "name": "system:anonymous"}, {"kind": "Group", "name": "system:unauthenticated"}])
	t.fields(violations) == {"/subjects/0/name", "/subjects/1/name"}
}

test_discovery if {
	count(policy.deny) == 0 with input as t.binding("system:public-info-viewer", [{"kind": "Group", "name": "system:unauthenticated"}])
}

test_named if {
	count(policy.deny) == 0 with input as t.binding("view", [{"kind": "Group", "name": "developers"}])
}
