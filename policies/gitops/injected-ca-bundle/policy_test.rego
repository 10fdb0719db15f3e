package policy.gitops.injected_ca_bundle_test

import data.lib.testing as t
import data.policy.gitops.injected_ca_bundle as policy

webhooks(annotations, bundle) := t.create({
	"kind": "ValidatingWebhookConfiguration",
	"metadata": {"name": "web", "annotations": annotations},
	"webhooks": [{"clientConfig": {}}, {"clientConfig": {"caBundle": bundle}}],
})

inject := {"cert-manager.io/inject-ca-from": "shop/web"}

test_both if {
	violations := policy.warn with input as webhooks(inject, "LS0tLS1C")
	t.fields(violations) == {"/webhooks/1/clientConfig/caBundle"}
}

test_crd_and_api_service if {
	crd := {"kind": "CustomResourceDefinition", "metadata": {"annotations": inject}, "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": "LS0tLS1C"}}}}}
	violations := policy.warn with input as t.create(crd)
	t.fields(violations) == {"/spec/conversion/webhook/clientConfig/caBundle"}
	api := {"kind": "APIService", "metadata": {"annotations": inject}, "spec": {"caBundle": "LS0tLS1C"}}
	count(policy.warn) == 1 with input as t.create(api)
}

test_placeholder if {
	count(policy.warn) == 0 with input as webhooks(inject, "Cg==")
	count(policy.warn) == 0 with input as webhooks(inject, null)
}

test_not_injected if {
	count(policy.warn) == 0 with input as webhooks({}, "LS0tLS1C")
	count(policy.warn) == 0 with input as webhooks(null, "LS0tLS1C")
}

test_other_annotation if {
	count(policy.warn) == 0 with input as webhooks({"cert-manager.io/allow-direct-injection": "true"}, "LS0tLS1C")
}
