package policy.gitops.replicas_beside_autoscaler_test

import data.lib.testing as t
import data.policy.gitops.replicas_beside_autoscaler as policy

deployment(spec) := t.create({"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec})

scaler(api_version, kind, target) := t.inventory([{
	"apiVersion": api_version,
	"kind": kind,
	"metadata": {"name": "scaler", "namespace": "shop"},
	"spec": {"scaleTargetRef": target},
}])

hpa(target) := scaler("autoscaling/v2", "HorizontalPodAutoscaler", target)

web := {"kind": "Deployment", "name": "web"}

test_hpa if {
	violations := policy.warn with input as deployment({"replicas": 3}) with data.inventory as hpa(web)
	t.messages(violations) == {"replicas is 3 in Git, and HorizontalPodAutoscaler scaler sets it too: each reconciliation undoes the scaling"}
	t.fields(violations) == {"/spec/replicas"}
}

test_keda if {
	count(policy.warn) == 1 with input as deployment({"replicas": 3}) with data.inventory as scaler("keda.sh/v1alpha1", "ScaledObject", {"name": "web"})
}

test_no_replicas if {
	count(policy.warn) == 0 with input as deployment({}) with data.inventory as hpa(web)
	count(policy.warn) == 0 with input as deployment({"replicas": 0}) with data.inventory as hpa(web)
	count(policy.warn) == 0 with input as deployment({"replicas": 1}) with data.inventory as hpa(web)
}

test_other_target if {
	count(policy.warn) == 0 with input as deployment({"replicas": 3}) with data.inventory as hpa({"kind": "Deployment", "name": "api"})
	count(policy.warn) == 0 with input as deployment({"replicas": 3}) with data.inventory as hpa({"kind": "StatefulSet", "name": "web"})
	count(policy.warn) == 0 with input as deployment({"replicas": 3})
}

test_other_group if {
	count(policy.warn) == 0 with input as deployment({"replicas": 3}) with data.inventory as scaler("acme.io/v1", "HorizontalPodAutoscaler", web)
	count(policy.warn) == 0 with input as deployment({"replicas": "3"}) with data.inventory as hpa(web)
}
