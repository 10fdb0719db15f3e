# METADATA
# scope: package
# title: A Pod shares a namespace of its host
# description: |-
#   With hostNetwork a Pod listens on the node's addresses, reaches what trusts the node and escapes
#   NetworkPolicies; with hostPID and hostIPC it sees and signals every process of the node. Node agents need it,
#   applications do not.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/host-namespaces
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
#     Remove the field. What has to be reached from outside gets a Service.
package policy.pod_security.baseline.host_namespaces

import data.lib.pod

deny contains violation if {
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	pod.spec[field] == true
	violation := {
		"msg": sprintf("host namespaces (%s=true)", [field]),
		"field": sprintf("%s/%s", [pod.spec_at, field]),
		"fix": false,
	}
}
