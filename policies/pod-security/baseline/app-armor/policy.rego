# METADATA
# scope: package
# title: A Pod weakens its AppArmor profile
# description: |-
#   AppArmor limits what a container may do to the kernel. Unconfined switches it off. Leave the profile out, or
#   choose RuntimeDefault or a Localhost profile of the node.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/app-armor
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
#     Leave the profile out or set RuntimeDefault.
package policy.pod_security.baseline.app_armor

import data.lib.pod
import data.lib.pod_security
import data.lib.review

prefix := "container.apparmor.security.beta.kubernetes.io/"

deny contains violation if {
	some context in pod.security_contexts
	type := pod_security.forbidden_profile(context, "appArmorProfile", {"RuntimeDefault", "Localhost"})
	violation := {
		"msg": sprintf(`forbidden AppArmor profile (%s must not set AppArmor profile type to "%v")`, [context.owner, type]),
		"field": review.pointer(context.at, ["appArmorProfile", "type"]),
	}
}

# Annotations were the way before 1.30, and are still read.
deny contains violation if {
	some key, value in pod.annotations
	startswith(key, prefix)
	not allowed_annotation(value)
	violation := {
		"msg": sprintf(`forbidden AppArmor profile (annotation must not set AppArmor profile type to "%s="%v"")`, [key, value]),
		"field": sprintf("%s/metadata/annotations/%s", [pod.at, review.escape(key)]),
	}
}

allowed_annotation(value) if value in {"", "runtime/default"}

allowed_annotation(value) if startswith(value, "localhost/")
