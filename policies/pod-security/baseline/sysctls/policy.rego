# METADATA
# scope: package
# title: A Pod sets a sysctl that is not known to be safe
# description: |-
#   Sysctls outside of the safe set change the whole node, or take more of it than one Pod should. The kubelet
#   refuses those that it was not told to allow, and the Pod then fails on the node.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
# custom:
#   id: pod-security/baseline/sysctls
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
#     Remove it, or set it on the nodes.
package policy.pod_security.baseline.sysctls

import data.lib.pod
import data.lib.pod_security
import data.lib.review

# Name, and the minor that added it.
allowed := {
	"kernel.shm_rmid_forced": 0,
	"net.ipv4.ip_local_port_range": 0,
	"net.ipv4.tcp_syncookies": 0,
	"net.ipv4.ping_group_range": 0,
	"net.ipv4.ip_unprivileged_port_start": 0,
	"net.ipv4.ip_local_reserved_ports": 27,
	"net.ipv4.tcp_keepalive_time": 29,
	"net.ipv4.tcp_fin_timeout": 29,
	"net.ipv4.tcp_keepalive_intvl": 29,
	"net.ipv4.tcp_keepalive_probes": 29,
	"net.ipv4.tcp_rmem": 32,
	"net.ipv4.tcp_wmem": 32,
}

deny contains violation if {
	some item in review.items(pod.spec.securityContext.sysctls)
	name := object.get(review.map(item.value), "name", "")
	not pod_security.minor >= object.get(allowed, name, 100000)
	violation := {
		"msg": sprintf("forbidden sysctls (%v)", [name]),
		"field": review.pointer(sprintf("%s/securityContext/sysctls/%d", [pod.spec_at, item.index]), ["name"]),
	}
}
