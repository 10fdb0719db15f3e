package policy.workloads.unused_service_account_token_test

import data.lib.testing as t
import data.policy.workloads.unused_service_account_token as policy

account := {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "shop"}, "automountServiceAccountToken": false}

test_default if {
	violations := policy.info with input as t.deployment({"containers": []})
	t.fields(violations) == {"/spec/template/spec/automountServiceAccountToken"}
	more := policy.info with input as t.pod({"serviceAccountName": "default", "automountServiceAccountToken": true})
	t.fields(more) == {"/spec/automountServiceAccountToken"}
}

test_off if {
	count(policy.info) == 0 with input as t.pod({"automountServiceAccountToken": false})
	count(policy.info) == 0 with input as t.pod({}) with data.inventory as t.inventory([account])
	count(policy.info) == 1 with input as t.pod({"automountServiceAccountToken": true}) with data.inventory as t.inventory([account])
}

test_account_of_its_own if {
	count(policy.info) == 0 with input as t.pod({"serviceAccountName": "web"})
}
