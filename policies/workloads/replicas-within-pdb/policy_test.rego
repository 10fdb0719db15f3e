package policy.workloads.replicas_within_pdb_test

import data.lib.testing as t
import data.policy.workloads.replicas_within_pdb as policy

labels := {"app": "web"}

workload(replicas) := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"replicas": replicas, "template": {"metadata": {"labels": labels}, "spec": {}}},
}

pdb(spec) := {
	"apiVersion": "policy/v1",
	"kind": "PodDisruptionBudget",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": object.union({"selector": {"matchLabels": labels}}, spec),
}

from_workload(replicas, spec) := violations if {
	violations := policy.warn with input as t.create(workload(replicas)) with data.inventory as t.inventory([workload(replicas), pdb(spec)])
}

from_budget(replicas, spec) := violations if {
	violations := policy.warn with input as t.create(pdb(spec)) with data.inventory as t.inventory([workload(replicas), pdb(spec)])
}

test_workload if {
	t.messages(from_workload(2, {"minAvailable": 2})) == {"PodDisruptionBudget web keeps 2 of 2 replicas: no Pod can be evicted, its nodes cannot be drained"}
	t.fields(from_workload(1, {"minAvailable": "50%"})) == {"/spec/replicas"}
	count(from_workload(1, {"minAvailable": 3})) == 1
}

test_budget if {
	t.messages(from_budget(2, {"minAvailable": 2})) == {"Deployment web has 2 replicas, and the budget keeps 2: no Pod can be evicted, its nodes cannot be drained"}
	t.fields(from_budget(1, {"minAvailable": 1})) == {"/spec/minAvailable"}
}

test_room if {
	count(from_workload(3, {"minAvailable": 2})) == 0
	count(from_workload(2, {"maxUnavailable": 1})) == 0
	count(from_workload(1, {"maxUnavailable": "1%"})) == 0
	count(from_budget(2, {"minAvailable": 1})) == 0
	count(from_workload(0, {"minAvailable": 1})) == 0
	count(from_budget(0, {"minAvailable": 1})) == 0
	count(from_workload(null, {"minAvailable": 1})) == 0
}

test_other_pods if {
	other := {"minAvailable": 1, "selector": {"matchLabels": {"app": "api"}}}
	count(from_workload(1, other)) == 0
	count(from_budget(1, other)) == 0
}

test_said_elsewhere if {
	count(from_budget(1, {"maxUnavailable": 0})) == 0
}

test_autoscaled if {
	budget := pdb({"minAvailable": 1})
	scaler := {
		"apiVersion": "autoscaling/v2",
		"kind": "HorizontalPodAutoscaler",
		"metadata": {"name": "web", "namespace": "shop"},
		"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
	}
	inventory := t.inventory([workload(1), budget, scaler])
	count(policy.warn) == 0 with input as t.create(budget) with data.inventory as inventory
	count(policy.warn) == 0 with input as t.create(workload(1)) with data.inventory as inventory
}

test_what_is_scaled_by_something_else if {
	budget := pdb({"minAvailable": 1})
	set := object.union(workload(1), {"kind": "ReplicaSet"})
	count(policy.warn) == 0 with input as t.create(budget) with data.inventory as t.inventory([set, budget])
}
