package policy.workloads.ingress_without_tls_test

import data.lib.testing as t
import data.policy.workloads.ingress_without_tls as policy

ingress(spec) := t.create({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": spec})

test_none if {
	violations := policy.info with input as ingress({"rules": []})
	t.fields(violations) == {"/spec/tls"}
	count(policy.info) == 1 with input as ingress({"tls": []})
}

test_tls if {
	count(policy.info) == 0 with input as ingress({"tls": [{"hosts": ["shop.example.com"]}]})
}
