# METADATA
# scope: package
# title: A Job of Git removes itself when it is done
# description: |-
#   After ttlSecondsAfterFinished the Job is gone, the agent finds it missing, and creates it again: it runs with
#   every reconciliation. Hooks of Argo CD and Helm run once for a change, and are left alone.
# related_resources:
# - https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
# custom:
#   id: gitops/job-with-ttl
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [batch]
#       kinds: [Job]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Remove ttlSecondsAfterFinished, or make it a hook of Argo CD or a CronJob.
package policy.gitops.job_with_ttl

import data.lib.review

warn contains violation if {
	object.get(review.new, ["spec", "ttlSecondsAfterFinished"], null) != null
	count({"helm.sh/hook", "argocd.argoproj.io/hook"} & object.keys(review.annotations)) == 0
	violation := {
		"msg": "the Job removes itself, and runs again when the agent creates it anew",
		"field": "/spec/ttlSecondsAfterFinished",
	}
}
