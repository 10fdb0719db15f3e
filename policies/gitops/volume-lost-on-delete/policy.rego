# METADATA
# scope: package
# title: Deleting an object deletes its data
# description: |-
#   With the reclaim policy Delete a PersistentVolume that Git describes takes its disk along, and with whenDeleted
#   or whenScaled: Delete a StatefulSet takes its claims: a mistaken deletion, or a scale to zero, cannot be
#   reverted. Only the change that says so is judged.
# related_resources:
# - https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
# custom:
#   id: gitops/volume-lost-on-delete
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [PersistentVolume]
#     - apiGroups: [apps]
#       kinds: [StatefulSet]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use Retain.
package policy.gitops.volume_lost_on_delete

import data.lib.review

warn contains violation if {
	some path in [
		["spec", "persistentVolumeReclaimPolicy"],
		["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"],
		["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"],
	]
	object.get(review.new, path, "") == "Delete"
	not was_so(path)
	violation := {
		"msg": sprintf("%s: Delete deletes data that a revert does not bring back", [path[count(path) - 1]]),
		"field": review.pointer("", path),
		"fix": "Retain",
	}
}

was_so(path) if object.get(review.old, path, "") == "Delete"
