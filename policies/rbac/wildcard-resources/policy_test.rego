package policy.rbac.wildcard_resources_test

import data.lib.testing as t
import data.policy.rbac.wildcard_resources as policy

rules(groups, resources) := t.role([{"apiGroups": groups, "resources": resources, "verbs": ["get"]}])

test_core if {
	violations := policy.warn with input as rules([""], ["pods", "*"])
	t.messages(violations) == {`resources "*" of the core API group: Secrets, exec and all that is yet to come`}
	t.fields(violations) == {"/rules/0/resources/1"}
}

test_groups if {
	violations := policy.warn with input as rules(["apps"], ["*"])
	t.messages(violations) == {`resources "*" of the API group apps: all that there is and is yet to come`}
	count(policy.warn) == 1 with input as rules(["*"], ["*"])
	count(policy.warn) == 1 with input as rules(["rbac.authorization.k8s.io"], ["*"])
}

test_own_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["*"])
	count(policy.warn) == 0 with input as rules(["metrics.k8s.io"], ["*"])
}

test_names if {
	count(policy.warn) == 0 with input as rules([""], ["pods", "*/scale"])
	count(policy.warn) == 0 with input as t.role(null)
	count(policy.warn) == 0 with input as t.role([null, {"nonResourceURLs": ["*"], "verbs": ["get"]}])
}
