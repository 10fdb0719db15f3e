package policy.rbac.webhook_writer_test

import data.lib.testing as t
import data.policy.rbac.webhook_writer as policy

rules(groups, resources, verbs) := t.role([{"apiGroups": groups, "resources": resources, "verbs": verbs}])

test_allowed if {
	violations := policy.warn with input as rules(["admissionregistration.k8s.io"], ["pods", "mutatingwebhookconfigurations"], ["create"])
	t.messages(violations) == {"admission webhooks can be changed: they see and alter all that is written"}
	t.fields(violations) == {"/rules/0/resources/1"}
	count(policy.warn) == 1 with input as rules(["*"], ["mutatingwebhookconfigurations"], ["*"])
}

test_other_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["mutatingwebhookconfigurations"], ["create"])
}

test_read if {
	count(policy.warn) == 0 with input as rules(["admissionregistration.k8s.io"], ["mutatingwebhookconfigurations"], ["get"])
}
