package policy.workloads.service_without_workload_test

import data.lib.testing as t
import data.policy.workloads.service_without_workload as policy

service(spec) := t.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec})

workload(labels) := t.inventory([{
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"template": {"metadata": {"labels": labels}, "spec": {}}},
}])

test_renamed if {
	violations := policy.warn with input as service({"selector": {"app": "web"}}) with data.inventory as workload({"app": "shop-web"})
	t.messages(violations) == {"no workload of namespace shop has the labels app=web"}
	t.fields(violations) == {"/spec/selector"}
}

test_found if {
	count(policy.warn) == 0 with input as service({"selector": {"app": "web"}}) with data.inventory as workload({"app": "web", "tier": "a"})
}

test_pods_from_elsewhere if {
	count(policy.warn) == 0 with input as service({"selector": {"app": "web"}}) with data.inventory as workload({"name": "a"})
	count(policy.warn) == 0 with input as service({"selector": {"strimzi.io/cluster": "a"}}) with data.inventory as workload({"strimzi.io/cluster": "b"})
	count(policy.warn) == 0 with input as service({"selector": {"app": "web"}}) with data.inventory as {"namespace": {}, "cluster": {}}
}

test_no_selector if {
	count(policy.warn) == 0 with input as service({}) with data.inventory as workload({"app": "web"})
	count(policy.warn) == 0 with input as service({"selector": null}) with data.inventory as workload({"app": "web"})
	count(policy.warn) == 0 with input as service({"type": "ExternalName", "selector": {"app": "a"}}) with data.inventory as workload({"app": "web"})
}
