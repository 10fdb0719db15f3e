# METADATA
# scope: package
# title: A container keeps capabilities
# description: |-
#   Applications need none of the capabilities that container runtimes grant. Restricted containers drop ALL, and
#   may add NET_BIND_SERVICE to listen below port 1024.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pod-security/restricted/capabilities
#   severity: error
#   supersedes: [pod-security/baseline/capabilities]
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
#     Set securityContext.capabilities.drop: ["ALL"].
package policy.pod_security.restricted.capabilities

import data.lib.pod
import data.lib.pod_security
import data.lib.review

applies if {
	pod_security.minor >= 22
	not pod_security.exempt_as_windows
}

deny contains violation if {
	applies
	some container in pod.containers
	not "ALL" in review.list(object.get(container.value, ["securityContext", "capabilities", "drop"], []))
	violation := {
		"msg": sprintf(
			`unrestricted capabilities (container "%s" must set securityContext.capabilities.drop=["ALL"])`,
			[container.name],
		),
		"field": review.pointer(container.at, ["securityContext", "capabilities", "drop"]),
	}
}

deny contains violation if {
	applies
	some container in pod.containers
	some item in review.items(container.value.securityContext.capabilities.add)
	item.value != "NET_BIND_SERVICE"
	violation := {
		"msg": sprintf(
			`unrestricted capabilities (container "%s" must not include "%v" in securityContext.capabilities.add)`,
			[container.name, item.value],
		),
		"field": sprintf("%s/securityContext/capabilities/add/%d", [container.at, item.index]),
	}
}
