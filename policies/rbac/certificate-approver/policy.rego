# METADATA
# scope: package
# title: A role approves certificates
# description: |-
#   A signed certificate of the group system:masters or of a node is a credential of that name, and cannot be
#   revoked. Who may approve signing requests makes them.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#csrs-and-certificate-issuing
# custom:
#   id: rbac/certificate-approver
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Leave approval to the controllers of the cluster.
package policy.rbac.certificate_approver

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	field := rbac.names_resource(rule, "certificates.k8s.io", {"certificatesigningrequests/approval", "certificatesigningrequests/*"})
	rbac.allows(rule, {"update", "patch"})
	violation := {"msg": "certificates can be approved, and with them credentials of any name", "field": field}
}
