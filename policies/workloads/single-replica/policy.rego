# METADATA
# scope: package
# title: A Deployment runs a single Pod
# description: |-
#   With one replica every drain of its node, and every crash, is an outage. Deployments that an autoscaler scales,
#   that are scaled to zero, or that say by the strategy Recreate that there can be only one, are left alone.
# custom:
#   id: workloads/single-replica
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [Deployment]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Run two, or choose the strategy Recreate to say that there can be only one.
package policy.workloads.single_replica

import data.lib.review
import data.lib.scaling

info contains violation if {
	object.get(review.new, ["spec", "replicas"], 1) in {1, null}
	object.get(review.new, ["spec", "strategy", "type"], "RollingUpdate") != "Recreate"
	not scaled
	violation := {
		"msg": "a single replica: every drain of its node is an outage",
		"field": review.pointer("", ["spec", "replicas"]),
	}
}

scaled if count(scaling.scalers(review.namespace, "Deployment", review.new.metadata.name)) > 0
