# METADATA
# scope: package
# title: A PodDisruptionBudget protects no Pods of the repository
# description: |-
#   A budget whose selector matches nothing protects nothing, and looks as if it did: most often a label was renamed
#   on one side only. Judged as workloads/service-without-workload is.
# custom:
#   id: workloads/pdb-without-workload
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [policy]
#       kinds: [PodDisruptionBudget]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use the labels of the Pod template.
package policy.workloads.pdb_without_workload

import data.lib.review
import data.lib.selector

warn contains violation if {
	wanted := review.map(review.new.spec.selector.matchLabels)
	count(wanted) > 0
	every key, _ in wanted {
		plain(key)
	}
	workloads := selector.workloads(review.namespace)
	count([found.name | some found in workloads; selector.matches(review.new.spec.selector, found.labels)]) == 0
	some workload in workloads
	every key, _ in wanted {
		workload.labels[key]
	}
	violation := {
		"msg": sprintf("no workload of namespace %s is chosen by the budget's selector", [review.namespace]),
		"field": "/spec/selector",
	}
}

plain(key) if not contains(key, "/")

plain(key) if startswith(key, "app.kubernetes.io/")
