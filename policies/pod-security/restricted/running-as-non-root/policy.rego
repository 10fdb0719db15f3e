# METADATA
# scope: package
# title: A container may run as root
# description: |-
#   Root in a container is root on the node for every mistake in the runtime or the kernel. With runAsNonRoot: true
#   the kubelet refuses to start an image as root. Pods in a user namespace (hostUsers: false) need not set it since
#   1.35.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pod-security/restricted/running-as-non-root
#   severity: error
#   supersedes: [workloads/runs-as-root]
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
#     Set spec.securityContext.runAsNonRoot: true, and a numeric USER in the image or runAsUser.
package policy.pod_security.restricted.running_as_non_root

import data.lib.pod
import data.lib.pod_security
import data.lib.review

deny contains violation if {
	not pod_security.exempt_by_user_namespace
	some context in pod.security_contexts
	context.value.runAsNonRoot == false
	violation := {
		"msg": sprintf("runAsNonRoot != true (%s must not set securityContext.runAsNonRoot=false)", [context.owner]),
		"field": concat("", [context.at, "/runAsNonRoot"]),
		"fix": true,
	}
}

# One finding for all containers that rely on the Pod: it is mended in one place.
deny contains violation if {
	not pod_security.exempt_by_user_namespace
	object.get(pod.spec, ["securityContext", "runAsNonRoot"], null) == null
	names := [container.name |
		some container in pod.containers
		object.get(container.value, ["securityContext", "runAsNonRoot"], null) == null
	]
	count(names) > 0
	violation := {
		"msg": sprintf(
			"runAsNonRoot != true (pod or %s %s must set securityContext.runAsNonRoot=true)",
			[pod_security.plural("container", names), pod_security.quoted(names)],
		),
		"field": review.pointer(pod.spec_at, ["securityContext", "runAsNonRoot"]),
	}
}
