package policy.workloads.rolling_update_of_single_writer_test

import data.lib.testing as t
import data.policy.workloads.rolling_update_of_single_writer as policy

claim(modes) := t.inventory([{
	"apiVersion": "v1",
	"kind": "PersistentVolumeClaim",
	"metadata": {"name": "data", "namespace": "shop"},
	"spec": {"accessModes": modes},
}])

deployment(spec) := t.create({
	"kind": "Deployment",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": object.union(spec, {"template": {"spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}}}),
})

test_single_writer if {
	violations := policy.warn with input as deployment({}) with data.inventory as claim(["ReadWriteOnce"])
	t.fields(violations) == {"/spec/template/spec/volumes/0/persistentVolumeClaim/claimName"}
}

test_recreate if {
	count(policy.warn) == 0 with input as deployment({"strategy": {"type": "Recreate"}}) with data.inventory as claim(["ReadWriteOnce"])
}

test_no_surge if {
	count(policy.warn) == 0 with input as deployment({"strategy": {"rollingUpdate": {"maxSurge": 0}}}) with data.inventory as claim(["ReadWriteOnce"])
	count(policy.warn) == 1 with input as deployment({"strategy": {"rollingUpdate": {"maxSurge": 1}}}) with data.inventory as claim(["ReadWriteOnce"])
}

test_no_pods if {
	count(policy.warn) == 0 with input as deployment({"replicas": 0}) with data.inventory as claim(["ReadWriteOnce"])
}

test_shared_or_unknown if {
	count(policy.warn) == 0 with input as deployment({}) with data.inventory as claim([])
	count(policy.warn) == 0 with input as deployment({}) with data.inventory as claim(["ReadWriteOnce", "ReadWriteMany"])
	count(policy.warn) == 0 with input as deployment({}) with data.inventory as {"namespace": {}, "cluster": {}}
}
