# METADATA
# scope: package
# title: A Job may run for ever
# description: |-
#   A Job without activeDeadlineSeconds that hangs holds its resources until someone looks, and with
#   concurrencyPolicy Forbid its CronJob never runs again.
# related_resources:
# - https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
# custom:
#   id: workloads/job-without-deadline
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [batch]
#       kinds: [CronJob, Job]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Set activeDeadlineSeconds to a few times what the Job takes.
package policy.workloads.job_without_deadline

import data.lib.pod
import data.lib.review

places := {"CronJob": ["spec", "jobTemplate", "spec"], "Job": ["spec"]}

info contains violation if {
	path := places[review.new.kind]
	spec := object.get(review.new, path, null)
	is_object(spec)
	object.get(spec, "activeDeadlineSeconds", null) == null
	object.get(pod.spec, "activeDeadlineSeconds", null) == null
	violation := {
		"msg": "a Job that hangs is never ended: there is no activeDeadlineSeconds",
		"field": review.pointer("", array.concat(path, ["activeDeadlineSeconds"])),
	}
}
