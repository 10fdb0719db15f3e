package policy.rbac.node_proxy_test

import data.lib.testing as t
import data.policy.rbac.node_proxy as policy

rules(groups, resources, verbs) := t.role([{"apiGroups": groups, "resources": resources, "verbs": verbs}])

test_allowed if {
	violations := policy.warn with input as rules([""], ["pods", "nodes/proxy"], ["get"])
	t.messages(violations) == {"the API of the kubelets can be used, which runs commands in every Pod"}
	t.fields(violations) == {"/rules/0/resources/1"}
	count(policy.warn) == 1 with input as rules(["*"], ["nodes/proxy"], ["*"])
}

test_other_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["nodes/proxy"], ["get"])
}

test_metrics if {
	count(policy.warn) == 0 with input as rules([""], ["nodes/metrics", "nodes/stats", "nodes"], ["get"])
	count(policy.warn) == 0 with input as rules([""], ["nodes/proxy"], ["list"])
}
