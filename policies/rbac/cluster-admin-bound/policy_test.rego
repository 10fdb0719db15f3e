package policy.rbac.cluster_admin_bound_test

import data.lib.testing as t
import data.policy.rbac.cluster_admin_bound as policy

web := {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}

test_account if {
	violations := policy.warn with input as t.binding("cluster-admin", [web])
	t.messages(violations) == {"ServiceAccount shop/web may do everything in the cluster"}
	t.fields(violations) == {"/subjects/0"}
}

test_namespace if {
	request := t.create({"kind": "RoleBinding", "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [web]})
	violations := policy.warn with input as request
	t.messages(violations) == {"ServiceAccount shop/web may do everything in the namespace"}
}

test_others if {
	count(policy.warn) == 0 with input as t.binding("view", [web])
	count(policy.warn) == 0 with input as t.binding("cluster-admin", [{"kind": "Group", "name": "system:masters"}])
	count(policy.warn) == 0 with input as t.binding("cluster-admin", null)
}

test_a_role_of_that_name if {
	count(policy.warn) == 0 with input as t.create({"kind": "RoleBinding", "roleRef": {"kind": "Role", "name": "cluster-admin"}, "subjects": [web]})
}
