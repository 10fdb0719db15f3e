package policy.rbac.aggregated_to_view_test

import data.lib.testing as t
import data.policy.rbac.aggregated_to_view as policy

rules(labels, resources, verbs) := t.create({
	"kind": "ClusterRole",
	"metadata": {"name": "web", "labels": labels},
	"rules": [{"apiGroups": [""], "resources": resources, "verbs": verbs}],
})

view := {"rbac.authorization.k8s.io/aggregate-to-view": "true"}

test_write if {
	violations := policy.warn with input as rules(view, ["shops"], ["get", "update"])
	t.messages(violations) == {"everybody with the role view gets the verb update on shops"}
	t.fields(violations) == {"/rules/0/verbs/1"}
}

test_secrets if {
	violations := policy.warn with input as rules(view, ["secrets"], ["get"])
	t.fields(violations) == {"/rules/0/resources/0"}
}

test_read if {
	count(policy.warn) == 0 with input as rules(view, ["shops"], ["get", "list", "watch"])
}

test_edit if {
	count(policy.warn) == 0 with input as rules({"rbac.authorization.k8s.io/aggregate-to-edit": "true"}, ["shops"], ["update"])
	count(policy.warn) == 0 with input as rules({"rbac.authorization.k8s.io/aggregate-to-view": "false"}, ["shops"], ["update"])
}

test_not_aggregated if {
	count(policy.warn) == 0 with input as rules({}, ["secrets"], ["get"])
}
