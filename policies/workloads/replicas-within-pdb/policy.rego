# METADATA
# scope: package
# title: A workload has no more replicas than its PodDisruptionBudget keeps
# description: |-
#   A budget that wants as many Pods as there are refuses every eviction: the nodes of the workload cannot be
#   drained. The budget looks harmless by itself; it is the pair that is wrong, so both files are judged together.
# related_resources:
# - https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: workloads/replicas-within-pdb
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [Deployment, StatefulSet]
#     - apiGroups: [policy]
#       kinds: [PodDisruptionBudget]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Run one replica more than the budget keeps, or set maxUnavailable: 1 instead of minAvailable.
package policy.workloads.replicas_within_pdb

import data.lib.pod
import data.lib.quantity
import data.lib.review
import data.lib.scaling
import data.lib.selector

# A budget as a whole number of Pods that have to stay.
kept(budget, replicas) := quantity.pods(budget.spec.minAvailable, replicas, "up")

kept(budget, replicas) := replicas - quantity.pods(budget.spec.maxUnavailable, replicas, "up")

# The budgets of the namespace that choose these Pods.
budgets(labels) := [budget |
	some budget in data.inventory.namespace[review.namespace]["policy/v1"].PodDisruptionBudget
	selector.matches(review.map(object.get(budget, ["spec", "selector"], {})), labels)
]

# One Pod is the default. What an autoscaler scales has no number of its own.
replicas_of(kind, workload) := replicas if {
	replicas := object.get(workload, ["spec", "replicas"], 1)
	is_number(replicas)
	count(scaling.scalers(review.namespace, kind, workload.metadata.name)) == 0
}

warn contains violation if {
	review.new.kind in {"Deployment", "StatefulSet"}
	replicas := replicas_of(review.new.kind, review.new)
	replicas > 0
	some budget in budgets(pod.labels)
	kept(budget, replicas) >= replicas
	violation := {
		"msg": sprintf(
			"PodDisruptionBudget %s keeps %d of %d replicas: no Pod can be evicted, its nodes cannot be drained",
			[budget.metadata.name, kept(budget, replicas), replicas],
		),
		"field": "/spec/replicas",
	}
}

warn contains violation if {
	review.new.kind == "PodDisruptionBudget"
	some workload in selector.workloads(review.namespace)
	workload.kind in {"Deployment", "StatefulSet"}
	replicas := replicas_of(workload.kind, workload.value)
	replicas > 0
	selector.matches(review.map(object.get(review.new, ["spec", "selector"], {})), workload.labels)
	kept(review.new, replicas) >= replicas
	some field in ["minAvailable", "maxUnavailable"]
	object.get(review.new, ["spec", field], null) != null
	not absolute(review.new.spec[field])
	violation := {
		"msg": sprintf(
			"%s %s has %d replicas, and the budget keeps %d: no Pod can be evicted, its nodes cannot be drained",
			[workload.kind, workload.name, replicas, kept(review.new, replicas)],
		),
		"field": sprintf("/spec/%s", [field]),
	}
}

# What is wrong for any workload has a policy of its own, workloads/pdb-blocks-eviction.
absolute(value) if value in {0, "0", "0%", "100%"}
