# METADATA
# scope: package
# title: A PodDisruptionBudget allows no eviction at all
# description: |-
#   maxUnavailable: 0 or minAvailable: 100% refuses every eviction: nodes cannot be drained, and cluster upgrades
#   hang until someone deletes the budget by hand.
# related_resources:
# - https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: workloads/pdb-blocks-eviction
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [policy]
#       kinds: [PodDisruptionBudget]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Set maxUnavailable: 1.
package policy.workloads.pdb_blocks_eviction

import data.lib.quantity
import data.lib.review

warn contains violation if {
	value := review.new.spec.maxUnavailable
	value in {0, "0", "0%"}
	violation := {
		"msg": sprintf("maxUnavailable: %v lets no Pod be evicted: its nodes cannot be drained", [value]),
		"field": "/spec/maxUnavailable",
	}
}

warn contains violation if {
	value := review.new.spec.minAvailable
	quantity.percent(value) >= 100
	violation := {
		"msg": sprintf("minAvailable: %v lets no Pod be evicted: its nodes cannot be drained", [value]),
		"field": "/spec/minAvailable",
	}
}
