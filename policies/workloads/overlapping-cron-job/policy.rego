# METADATA
# scope: package
# title: A CronJob does not say what happens when runs overlap
# description: |-
#   By default a run starts even if the last one has not ended. Backups and imports then work on the same data, and
#   slow runs pile up until the namespace is full. Say Forbid, Replace, or Allow if that is meant.
# related_resources:
# - https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy
# custom:
#   id: workloads/overlapping-cron-job
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [batch]
#       kinds: [CronJob]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Set concurrencyPolicy: Forbid, or Allow if runs may overlap.
package policy.workloads.overlapping_cron_job

import data.lib.review

warn contains violation if {
	object.get(review.new, ["spec", "concurrencyPolicy"], null) in {null, ""}
	object.get(review.new, ["spec", "suspend"], false) != true
	violation := {"msg": "runs may overlap: there is no concurrencyPolicy", "field": "/spec/concurrencyPolicy"}
}
