# METADATA
# scope: package
# title: A rolling update needs a volume twice that only one node can have
# description: |-
#   A claim of mode ReadWriteOnce is attached to one node. During a rolling update the new Pod waits for the volume
#   while the Deployment waits for the new Pod; with several replicas, all must share a node. Recreate ends the old
#   Pod first.
# related_resources:
# - https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
# custom:
#   id: workloads/rolling-update-of-single-writer
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [Deployment]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Set spec.strategy.type: Recreate, or use a StatefulSet.
package policy.workloads.rolling_update_of_single_writer

import data.lib.pod
import data.lib.review

warn contains violation if {
	object.get(review.new, ["spec", "strategy", "type"], "RollingUpdate") == "RollingUpdate"
	object.get(review.new, ["spec", "replicas"], 1) != 0
	object.get(review.new, ["spec", "strategy", "rollingUpdate", "maxSurge"], "25%") in ({"25%", null} | {n | some n in numbers.range(1, 100)})
	some volume in pod.volumes
	name := volume.value.persistentVolumeClaim.claimName
	claim := data.inventory.namespace[review.namespace].v1.PersistentVolumeClaim[name]
	modes := {mode | some mode in review.list(claim.spec.accessModes)}
	count(modes) > 0
	count(modes - {"ReadWriteOnce", "ReadWriteOncePod"}) == 0
	violation := {
		"msg": sprintf(
			`rolling updates may hang: volume "%s" is the claim %s of mode %s, which one node at a time can attach`,
			[volume.name, name, concat(", ", modes)],
		),
		"field": concat("", [volume.at, "/persistentVolumeClaim/claimName"]),
	}
}
