package policy.workloads.single_replica_test

import data.lib.testing as t
import data.policy.workloads.single_replica as policy

deployment(spec) := t.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec})

scaler := {
	"apiVersion": "autoscaling/v2",
	"kind": "HorizontalPodAutoscaler",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
}

test_one if {
	violations := policy.info with input as deployment({"replicas": 1})
	t.fields(violations) == {"/spec/replicas"}
	more := policy.info with input as deployment({"template": {}})
	t.fields(more) == {"/spec/replicas"}
}

test_more_or_none if {
	count(policy.info) == 0 with input as deployment({"replicas": 2})
	count(policy.info) == 0 with input as deployment({"replicas": 0})
}

test_recreate if {
	count(policy.info) == 0 with input as deployment({"strategy": {"type": "Recreate"}})
}

test_autoscaled if {
	count(policy.info) == 0 with input as deployment({}) with data.inventory as t.inventory([scaler])
}

test_another_is_autoscaled if {
	other := object.union(scaler, {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}})
	count(policy.info) == 1 with input as deployment({}) with data.inventory as t.inventory([other])
}

test_other_scalers if {
	set := object.union(scaler, {"spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "web"}}})
	count(policy.info) == 1 with input as deployment({}) with data.inventory as t.inventory([set])
	group := object.union(scaler, {"apiVersion": "acme.io/v1"})
	count(policy.info) == 1 with input as deployment({}) with data.inventory as t.inventory([group])
}
