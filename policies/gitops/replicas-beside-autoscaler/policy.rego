# METADATA
# scope: package
# title: A workload sets replicas, and an autoscaler does too
# description: |-
#   Every time the agent applies the manifest, the workload falls back to the number in Git, and the autoscaler
#   scales it up again: under load, each reconciliation is an outage. Leave replicas out; the autoscaler keeps the
#   number.
# related_resources:
# - https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
# custom:
#   id: gitops/replicas-beside-autoscaler
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [Deployment, ReplicaSet, StatefulSet]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Remove replicas; minReplicas of the autoscaler says how many there are at least.
package policy.gitops.replicas_beside_autoscaler

import data.lib.review

scalers := {"HorizontalPodAutoscaler": "autoscaling", "ScaledObject": "keda.sh"}

warn contains violation if {
	is_number(review.new.spec.replicas)
	review.new.spec.replicas > 0
	some api_version, kinds in data.inventory.namespace[review.namespace]
	some kind, group in scalers
	review.group(api_version) == group
	some name, scaler in kinds[kind]
	scaler.spec.scaleTargetRef.name == review.new.metadata.name
	object.get(scaler, ["spec", "scaleTargetRef", "kind"], "Deployment") == review.new.kind
	violation := {
		"msg": sprintf("replicas is %d in Git, and %s %s sets it too: each reconciliation undoes the scaling", [review.new.spec.replicas, kind, name]),
		"field": "/spec/replicas",
	}
}
