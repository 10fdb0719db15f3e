# METADATA
# scope: package
# title: Rights are given to the service account default
# description: |-
#   Every Pod that names no service account runs as default: rights given to it are given to all of them, also to
#   those that somebody adds next year.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
# custom:
#   id: rbac/default-service-account-bound
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRoleBinding, RoleBinding]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Make a service account for the program, and name it in its Pods.
package policy.rbac.default_service_account_bound

import data.lib.rbac
import data.lib.review

warn contains violation if {
	some subject in rbac.subjects
	subject.kind == "ServiceAccount"
	subject.name == "default"
	violation := {
		"msg": sprintf("every Pod of namespace %s that names no service account gets %s", [subject.namespace, review.new.roleRef.name]),
		"field": concat("", [subject.at, "/name"]),
	}
}
