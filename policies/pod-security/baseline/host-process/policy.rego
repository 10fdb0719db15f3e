# METADATA
# scope: package
# title: A Windows container runs as a process of the host
# description: |-
#   A HostProcess container has the node's own rights: it reads every other Pod's files and credentials there. Only
#   node agents need it, and they belong in a namespace whose Pod Security level is privileged.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/host-process
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
#     Remove hostProcess, or run the agent in a namespace of its own with the level privileged.
package policy.pod_security.baseline.host_process

import data.lib.pod

deny contains violation if {
	some context in pod.security_contexts
	context.value.windowsOptions.hostProcess == true
	violation := {
		"msg": sprintf("hostProcess (%s must not set securityContext.windowsOptions.hostProcess=true)", [context.owner]),
		"field": concat("", [context.at, "/windowsOptions/hostProcess"]),
		"fix": false,
	}
}
