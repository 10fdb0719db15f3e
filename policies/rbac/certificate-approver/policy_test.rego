package policy.rbac.certificate_approver_test

import data.lib.testing as t
import data.policy.rbac.certificate_approver as policy

rules(groups, resources, verbs) := t.role([{"apiGroups": groups, "resources": resources, "verbs": verbs}])

test_allowed if {
	violations := policy.warn with input as rules(["certificates.k8s.io"], ["pods", "certificatesigningrequests/approval"], ["update"])
	t.messages(violations) == {"certificates can be approved, and with them credentials of any name"}
	t.fields(violations) == {"/rules/0/resources/1"}
	count(policy.warn) == 1 with input as rules(["*"], ["certificatesigningrequests/approval"], ["*"])
}

test_other_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["certificatesigningrequests/approval"], ["update"])
}

test_read if {
	count(policy.warn) == 0 with input as rules(["certificates.k8s.io"], ["certificatesigningrequests"], ["create", "get"])
	count(policy.warn) == 0 with input as rules(["certificates.k8s.io"], ["certificatesigningrequests/approval"], ["get"])
}
