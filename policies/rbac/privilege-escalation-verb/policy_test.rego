package policy.rbac.privilege_escalation_verb_test

import data.lib.testing as t
import data.policy.rbac.privilege_escalation_verb as policy

rules(resource, verb, names) := t.role([{
	"apiGroups": ["rbac.authorization.k8s.io"],
	"resources": [resource],
	"verbs": ["get", verb],
	"resourceNames": names,
}])

test_each if {
	violations := policy.warn with input as rules("clusterroles", "bind", [])
	t.messages(violations) == {"bind on clusterroles gives any right in the cluster"}
	t.fields(violations) == {"/rules/0/verbs/1"}
	count(policy.warn) == 1 with input as rules("roles", "escalate", ["a"])
	count(policy.warn) == 1 with input as rules("groups", "impersonate", null)
}

test_narrowed if {
	count(policy.warn) == 0 with input as rules("clusterroles", "bind", ["view"])
	count(policy.warn) == 0 with input as rules("users", "impersonate", ["jane"])
}

test_verb_of_something_else if {
	count(policy.warn) == 0 with input as rules("pods", "bind", [])
	count(policy.warn) == 0 with input as rules("roles", "list", [])
}
