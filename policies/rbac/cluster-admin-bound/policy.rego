# METADATA
# scope: package
# title: cluster-admin is given away
# description: |-
#   cluster-admin may do everything, in every namespace, also by mistake. The agent that applies this repository has
#   it elsewhere; programs and people get a role of what they do. The group system:masters, which has it anyway, is
#   left alone.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
# custom:
#   id: rbac/cluster-admin-bound
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRoleBinding, RoleBinding]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Bind a role of what the subject does.
package policy.rbac.cluster_admin_bound

import data.lib.rbac
import data.lib.review

warn contains violation if {
	review.new.roleRef.name == "cluster-admin"
	review.new.roleRef.kind == "ClusterRole"
	some subject in rbac.subjects
	subject.name != "system:masters"
	violation := {
		"msg": sprintf("%s may do everything%s", [rbac.called(subject), reach[review.new.kind]]),
		"field": subject.at,
	}
}

reach := {"ClusterRoleBinding": " in the cluster", "RoleBinding": " in the namespace"}
