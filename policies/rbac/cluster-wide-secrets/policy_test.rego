package policy.rbac.cluster_wide_secrets_test

import data.lib.testing as t
import data.policy.rbac.cluster_wide_secrets as policy

rules(resources, verbs) := t.role([{"apiGroups": [""], "resources": resources, "verbs": verbs}])

in_namespace(kind, name) := {"shop": {"rbac.authorization.k8s.io/v1": {"RoleBinding": {"web": {"roleRef": {"kind": kind, "name": name}}}}}}

everywhere(name) := {"rbac.authorization.k8s.io/v1": {"ClusterRoleBinding": {"web": {"roleRef": {"kind": "ClusterRole", "name": name}}}}}

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
	here := in_namespace("ClusterRole", "web")
	count(policy.warn) == 0 with input as request with data.inventory as {"namespace": here, "cluster": {}}
	count(policy.warn) == 0 with input as request with data.inventory as {"namespace": here, "cluster": everywhere("other")}
	count(policy.warn) == 1 with input as request with data.inventory as {"namespace": here, "cluster": everywhere("web")}
	count(policy.warn) == 1 with input as request with data.inventory as {"namespace": in_namespace("Role", "web"), "cluster": {}}
	count(policy.warn) == 1 with input as request with data.inventory as {"namespace": in_namespace("ClusterRole", "other"), "cluster": {}}
}
