# METADATA
# scope: package
# title: A workload sets replicas, and an autoscaler does too
# description: |-
#   Every time the agent applies the manifest, the workload falls back to the number in Git, and the autoscaler
#   scales it up again: under load, each reconciliation is an outage. Leave replicas out; the autoscaler keeps the
#   number. One replica is not judged: it is what an absent field means.
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
import data.lib.scaling

warn contains violation if {
	replicas := review.new.spec.replicas
	is_number(replicas)

	# One is the default, and may not be written at all.
	replicas > 1
	some scaler in scaling.scalers(review.namespace, review.new.kind, review.new.metadata.name)
	violation := {
		"msg": sprintf(
			"replicas is %v in Git, and %s %s sets it too: each reconciliation undoes the scaling",
			[replicas, scaler.kind, scaler.name],
		),
		"field": "/spec/replicas",
	}
}
