# METADATA
# scope: package
# title: A probe or lifecycle hook calls another host
# description: |-
#   The kubelet runs probes and hooks from the node's network. With a host of one's own choosing they reach what
#   only the node may reach, such as metadata services. Part of the standard since 1.34.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/host-probes-and-lifecycle
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
#   params:
#     version:
#       description: >-
#         Version of the standards, as in the label pod-security.kubernetes.io/enforce-version, such as v1.34.
#       default: latest
#   help: >-
#     Remove host: the kubelet then asks the Pod itself.
package policy.pod_security.baseline.host_probes_and_lifecycle

import data.lib.pod
import data.lib.pod_security

deny contains violation if {
	pod_security.minor >= 34
	some container in pod.containers
	some path in [
		["livenessProbe"],
		["readinessProbe"],
		["startupProbe"],
		["lifecycle", "postStart"],
		["lifecycle", "preStop"],
	]
	some action in ["httpGet", "tcpSocket"]
	host := object.get(container.value, array.concat(path, [action, "host"]), "")
	not host in {"", null}
	violation := {
		"msg": sprintf(
			`probe or lifecycle host (container "%s" uses probe or lifecycle host "%v")`,
			[container.name, host],
		),
		"field": sprintf("%s/%s/%s/host", [container.at, concat("/", path), action]),
	}
}
