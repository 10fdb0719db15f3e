# METADATA
# scope: package
# title: A container is privileged
# description: |-
#   A privileged container has every capability and every device of the node: whoever breaks out of the application
#   owns the node, and with it the tokens of all Pods there. Ask for the one capability or device that is needed
#   instead.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/privileged-containers
#   severity: error
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
#     Remove privileged, and add the capability that the program needs, if any.
package policy.pod_security.baseline.privileged_containers

import data.lib.pod

deny contains violation if {
	some container in pod.containers
	container.value.securityContext.privileged == true
	violation := {
		"msg": sprintf(`privileged (container "%s" must not set securityContext.privileged=true)`, [container.name]),
		"field": concat("", [container.at, "/securityContext/privileged"]),
		"fix": false,
	}
}
