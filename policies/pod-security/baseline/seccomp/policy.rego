# METADATA
# scope: package
# title: A Pod switches seccomp off
# description: |-
#   Seccomp keeps containers from system calls that they never need and that kernel exploits do. Unconfined switches
#   it off. Leave the profile out, or choose RuntimeDefault or a Localhost profile of the node.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/seccomp
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
#     Set RuntimeDefault.
package policy.pod_security.baseline.seccomp

import data.lib.pod
import data.lib.pod_security
import data.lib.review

pod_annotation := "seccomp.security.alpha.kubernetes.io/pod"

prefix := "container.seccomp.security.alpha.kubernetes.io/"

deny contains violation if {
	pod_security.minor >= 19
	some context in pod.security_contexts
	type := pod_security.forbidden_profile(context, "seccompProfile", {"RuntimeDefault", "Localhost"})
	violation := {
		"msg": sprintf(`seccompProfile (%s must not set securityContext.seccompProfile.type to "%v")`, [context.owner, type]),
		"field": review.pointer(context.at, ["seccompProfile", "type"]),
	}
}

# Before 1.19 the profile was an annotation.
deny contains violation if {
	pod_security.minor < 19
	names := {pod_annotation} | {concat("", [prefix, container.name]) | some container in pod.containers}
	some key, value in pod.annotations
	key in names
	not allowed_annotation(value)
	violation := {
		"msg": sprintf(`seccompProfile (forbidden annotation %s="%v")`, [key, value]),
		"field": sprintf("%s/metadata/annotations/%s", [pod.at, review.escape(key)]),
	}
}

allowed_annotation(value) if value in {"runtime/default", "docker/default"}

allowed_annotation(value) if startswith(value, "localhost/")
