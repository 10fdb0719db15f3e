# METADATA
# scope: package
# title: A Service chooses no Pods of the repository
# description: |-
#   A Service whose selector matches nothing answers no request, and nothing says so: most often a label was renamed
#   on one side only. Judged where the repository has workloads in the namespace, and not for selectors that an
#   operator's labels make (strimzi.io/cluster and the like): their Pods are not in Git.
# custom:
#   id: workloads/service-without-workload
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Service]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use the labels of the Pod template.
package policy.workloads.service_without_workload

import data.lib.review
import data.lib.selector

warn contains violation if {
	wanted := review.map(review.new.spec.selector)
	object.get(review.new, ["spec", "type"], "ClusterIP") != "ExternalName"
	every key, _ in wanted {
		plain(key)
	}
	workloads := selector.workloads(review.namespace)
	count([found.name | some found in workloads; selector.matches_labels(wanted, found.labels)]) == 0

	# At least one workload is labelled in this way: otherwise the Pods come from somewhere else.
	some workload in workloads
	every key, _ in wanted {
		workload.labels[key]
	}
	violation := {
		"msg": sprintf("no workload of namespace %s has the labels %s", [review.namespace, shown(wanted)]),
		"field": "/spec/selector",
	}
}

plain(key) if not contains(key, "/")

plain(key) if startswith(key, "app.kubernetes.io/")

shown(wanted) := concat(", ", [sprintf("%s=%v", [key, value]) | some key, value in wanted])
