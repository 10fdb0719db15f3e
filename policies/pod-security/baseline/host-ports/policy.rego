# METADATA
# scope: package
# title: A container takes a port of the node
# description: |-
#   A hostPort is reachable on the node's address, past Services and often past NetworkPolicies, and two Pods that
#   want the same one cannot share a node.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/host-ports
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
#     Remove hostPort and reach the Pod through a Service.
package policy.pod_security.baseline.host_ports

import data.lib.pod
import data.lib.review

deny contains violation if {
	some container in pod.containers
	some item in review.items(object.get(container.value, "ports", []))
	port := item.value.hostPort
	not port in {0, null}
	violation := {
		"msg": sprintf(`hostPort (container "%s" uses hostPort %v)`, [container.name, port]),
		"field": sprintf("%s/ports/%d/hostPort", [container.at, item.index]),
	}
}
