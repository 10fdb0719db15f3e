# METADATA
# scope: package
# title: A Pod sets an SELinux user, role or privileged type
# description: |-
#   SELinux keeps containers from each other and from the node. A user, a role, or a type other than the container
#   types takes a Pod out of that confinement.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/selinux
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
#     Leave type, user and role out; the level alone separates Pods.
package policy.pod_security.baseline.selinux

import data.lib.pod
import data.lib.pod_security

types := {"", "container_t", "container_init_t", "container_kvm_t"} | since_1_31

since_1_31 := {"container_engine_t"} if {
	pod_security.minor >= 31
} else := set()

deny contains violation if {
	some context in pod.security_contexts
	type := object.get(context.value, ["seLinuxOptions", "type"], "")
	not type in (types | {null})
	violation := {
		"msg": sprintf(`seLinuxOptions (%s set forbidden securityContext.seLinuxOptions: type "%v")`, [context.owner, type]),
		"field": concat("", [context.at, "/seLinuxOptions/type"]),
	}
}

deny contains violation if {
	some context in pod.security_contexts
	some field in ["user", "role"]
	not object.get(context.value, ["seLinuxOptions", field], "") in {"", null}
	violation := {
		"msg": sprintf(
			"seLinuxOptions (%s set forbidden securityContext.seLinuxOptions: %s may not be set)",
			[context.owner, field],
		),
		"field": sprintf("%s/seLinuxOptions/%s", [context.at, field]),
	}
}
