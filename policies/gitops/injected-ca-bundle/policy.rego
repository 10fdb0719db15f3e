# METADATA
# scope: package
# title: A CA bundle is set in Git and by cert-manager
# description: |-
#   cert-manager writes caBundle where its annotation asks for it. A value in Git undoes that with each
#   reconciliation: until cert-manager is back, the API server cannot verify the webhook, and with failurePolicy
#   Fail nothing can be written.
# related_resources:
# - https://cert-manager.io/docs/concepts/ca-injector/
# custom:
#   id: gitops/injected-ca-bundle
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [admissionregistration.k8s.io]
#       kinds: [MutatingWebhookConfiguration, ValidatingWebhookConfiguration]
#     - apiGroups: [apiextensions.k8s.io]
#       kinds: [CustomResourceDefinition]
#     - apiGroups: [apiregistration.k8s.io]
#       kinds: [APIService]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Remove caBundle.
package policy.gitops.injected_ca_bundle

import data.lib.review

injected if {
	some key in object.keys(review.annotations)
	key in {"cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret", "cert-manager.io/inject-apiserver-ca"}
}

bundles contains bundle if {
	some item in review.items(object.get(review.new, "webhooks", []))
	bundle := {
		"at": sprintf("/webhooks/%d/clientConfig/caBundle", [item.index]),
		"value": object.get(review.map(item.value), ["clientConfig", "caBundle"], null),
	}
}

bundles contains bundle if {
	some path in [
		["spec", "conversion", "webhook", "clientConfig", "caBundle"],
		["spec", "caBundle"],
	]
	bundle := {
		"at": review.pointer("", path),
		"value": object.get(review.new, path, null),
	}
}

# What controller-gen writes as a placeholder: a line feed in base64.
placeholders := {"", "Cg=="}

warn contains violation if {
	injected
	some bundle in bundles
	is_string(bundle.value)
	not bundle.value in placeholders
	violation := {"msg": "caBundle is set in Git, and cert-manager sets it too: each reconciliation undoes it", "field": bundle.at}
}
