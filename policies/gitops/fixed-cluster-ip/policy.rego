# METADATA
# scope: package
# title: A Service asks for a fixed address
# description: |-
#   A clusterIP that was copied from a cluster ties the manifest to that cluster's address range, collides with
#   whatever got the address elsewhere, and cannot be changed. The server owns this field.
# custom:
#   id: gitops/fixed-cluster-ip
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Service]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Remove clusterIP, clusterIPs and ipFamilies. The cluster's DNS Service needs its address: suppress the rule
#     for it.
package policy.gitops.fixed_cluster_ip

import data.lib.review

warn contains violation if {
	ip := review.new.spec.clusterIP
	is_string(ip)
	not ip in {"", "None"}
	violation := {"msg": sprintf("clusterIP: %s is the address of one cluster", [ip]), "field": "/spec/clusterIP"}
}
