# METADATA
# scope: package
# title: A CronJob lets its runs overlap
# description: |-
#   With concurrencyPolicy Allow, the default, a run starts even if the last one has not ended. Backups and imports
#   then work on the same data, and slow runs pile up until the namespace is full.
# related_resources:
# - https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy
# custom:
#   id: workloads/overlapping-cron-job
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [batch]
#       kinds: [CronJob]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Set concurrencyPolicy: Forbid or Replace.
package policy.workloads.overlapping_cron_job

import data.lib.review

info contains violation if {
	object.get(review.new, ["spec", "concurrencyPolicy"], null) in {"Allow", "", null}
	object.get(review.new, ["spec", "suspend"], false) != true
	violation := {"msg": "a run starts even if the last one has not ended: concurrencyPolicy is Allow", "field": "/spec/concurrencyPolicy"}
}
