package policy.workloads.pdb_without_workload_test

import data.lib.testing as t
import data.policy.workloads.pdb_without_workload as policy

pdb(wanted) := t.create({
	"apiVersion": "policy/v1",
	"kind": "PodDisruptionBudget",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"selector": wanted},
})

workload(labels) := t.inventory([{
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"template": {"metadata": {"labels": labels}, "spec": {}}},
}])

test_renamed if {
	violations := policy.warn with input as pdb({"matchLabels": {"app": "web"}}) with data.inventory as workload({"app": "shop-web"})
	t.fields(violations) == {"/spec/selector"}
}

test_found if {
	count(policy.warn) == 0 with input as pdb({"matchLabels": {"app": "web"}}) with data.inventory as workload({"app": "web"})
	count(policy.warn) == 0 with input as pdb({"matchExpressions": [{"key": "app", "operator": "Exists"}]}) with data.inventory as workload({"app": "web"})
	count(policy.warn) == 0 with input as pdb({"matchLabels": {}, "matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]}) with data.inventory as workload({"app": "web"})
	count(policy.warn) == 0 with input as pdb({}) with data.inventory as workload({"app": "web"})
}

test_pods_from_elsewhere if {
	count(policy.warn) == 0 with input as pdb({"matchLabels": {"app": "web"}}) with data.inventory as workload({"name": "a"})
	count(policy.warn) == 0 with input as pdb({"matchLabels": {"cnpg.io/cluster": "web"}}) with data.inventory as workload({"cnpg.io/cluster": "a"})
}
