# METADATA
# scope: package
# title: A container requests no CPU or memory
# description: |-
#   The scheduler places Pods by their requests. A container without any looks free of cost: nodes are
#   overcommitted, and its Pod is the first to be evicted and the slowest under pressure. A limit counts as a
#   request, as the API server defaults it; so do requests of the whole Pod.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: workloads/no-resource-requests
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Pod, PodTemplate, ReplicationController]
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, ReplicaSet, StatefulSet]
#     - apiGroups: [batch]
#       kinds: [CronJob, Job]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Add resources.requests with what the program uses on an ordinary day.
package policy.workloads.no_resource_requests

import data.lib.pod
import data.lib.review

warn contains violation if {
	some container in pod.running
	missing := [resource |
		some resource in ["cpu", "memory"]
		not asked_for(container.value, resource)
		not asked_for(pod.spec, resource)
	]
	violation := {
		"msg": sprintf(`container "%s" requests no %s`, [container.name, concat(" and no ", missing)]),
		"field": review.pointer(container.at, ["resources", "requests", missing[0]]),
	}
}

asked_for(owner, resource) if {
	some list in ["requests", "limits"]
	object.get(owner, ["resources", list, resource], null) != null
}
