package policy.rbac.cluster_wide_secrets_test

import data.lib.testing as t
import data.policy.rbac.cluster_wide_secrets as policy

rules(resources, verbs) := t.role([{"apiGroups": [""], "resources": resources, "verbs": verbs}])

reference := {"roleRef": {"kind": "ClusterRole", "name": "web"}}

in_namespace := {"shop": {"rbac.authorization.k8s.io/v1": {"RoleBinding": {"web": reference}}}}

everywhere := {"rbac.authorization.k8s.io/v1": {"ClusterRoleBinding": {"web": reference}}}

test_read if {
	violations := policy.warn with input as rules(["configmaps", "secrets"], ["list"])
	t.fields(violations) == {"/rules/0/resources/1"}
	count(policy.warn) == 1 with input as rules(["secrets"], ["*"])
}

test_others if {
	count(policy.warn) == 0 with input as rules(["secrets"], ["create"])
	count(policy.warn) == 0 with input as rules(["secrets/finalizers"], ["get"])
	count(policy.warn) == 0 with input as t.role([{"apiGroups": ["acme.io"], "resources": ["secrets"], "verbs": ["get"]}])
	count(policy.warn) == 0 with input as t.role([{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"], "verbs": ["get"]}])
}

test_bound_in_a_namespace if {
	request := rules(["secrets"], ["get"])
	count(policy.warn) == 0 with input as request with data.inventory as {"namespace": in_namespace, "cluster": {}}
	count(policy.warn) == 1 with input as request with data.inventory as {"namespace": in_namespace, "cluster": everywhere}
}
