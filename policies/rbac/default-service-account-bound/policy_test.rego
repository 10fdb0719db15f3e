package policy.rbac.default_service_account_bound_test

import data.lib.testing as t
import data.policy.rbac.default_service_account_bound as policy

test_default if {
	violations := policy.warn with input as t.binding("view", [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}])
	t.messages(violations) == {"every Pod of namespace shop that names no service account gets view"}
	t.fields(violations) == {"/subjects/0/name"}
}

test_others if {
	count(policy.warn) == 0 with input as t.binding("view", [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}])
	count(policy.warn) == 0 with input as t.binding("view", [{"kind": "Group", "name": "default"}])
}
