# METADATA
# scope: package
# title: A container runs without a seccomp profile
# description: |-
#   Without a profile the kubelet runs containers unconfined, unless the node says otherwise. RuntimeDefault keeps
#   out the system calls that kernel exploits need and costs nothing.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
# custom:
#   id: pod-security/restricted/seccomp
#   severity: error
#   supersedes: [pod-security/baseline/seccomp]
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
#     Set spec.securityContext.seccompProfile.type: RuntimeDefault.
package policy.pod_security.restricted.seccomp

import data.lib.pod
import data.lib.pod_security
import data.lib.review

applies if {
	pod_security.minor >= 19
	not pod_security.exempt_as_windows
}

allowed := {"RuntimeDefault", "Localhost"}

deny contains violation if {
	applies
	some context in pod.security_contexts
	type := pod_security.forbidden_profile(context, "seccompProfile", allowed)
	violation := {
		"msg": sprintf(`seccompProfile (%s must not set securityContext.seccompProfile.type to "%v")`, [context.owner, type]),
		"field": review.pointer(context.at, ["seccompProfile", "type"]),
		"fix": "RuntimeDefault",
	}
}

# One finding for all containers that rely on the Pod: it is mended in one place.
deny contains violation if {
	applies
	object.get(pod.spec, ["securityContext", "seccompProfile"], null) == null
	names := [container.name |
		some container in pod.containers
		object.get(container.value, ["securityContext", "seccompProfile"], null) == null
	]
	count(names) > 0
	violation := {
		"msg": sprintf(
			`seccompProfile (pod or %s %s must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
			[pod_security.plural("container", names), pod_security.quoted(names)],
		),
		"field": review.pointer(pod.spec_at, ["securityContext", "seccompProfile"]),
	}
}
