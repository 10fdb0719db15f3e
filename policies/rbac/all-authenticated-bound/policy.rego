# METADATA
# scope: package
# title: Rights are given to everybody with an account
# description: |-
#   system:authenticated is every user and every Pod with a token, and with some identity providers everybody on the
#   Internet; system:serviceaccounts is every Pod. The discovery roles, which tell nothing but what the API offers,
#   are left alone.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/all-authenticated-bound
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRoleBinding, RoleBinding]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name the groups or accounts that need it.
package policy.rbac.all_authenticated_bound

import data.lib.rbac
import data.lib.review

harmless := {
	"system:basic-user",
	"system:discovery",
	"system:public-info-viewer",
	"system:service-account-issuer-discovery",
}

warn contains violation if {
	some subject in rbac.subjects
	subject.kind == "Group"
	subject.name in {"system:authenticated", "system:serviceaccounts"}
	not object.get(review.new, ["roleRef", "name"], "") in harmless
	violation := {
		"msg": sprintf("%s gets %s: that is every Pod with a token", [subject.name, review.new.roleRef.name]),
		"field": concat("", [subject.at, "/name"]),
	}
}
