# METADATA
# scope: package
# title: Rights are given to whoever reaches the API server
# description: |-
#   system:anonymous and system:unauthenticated are requests without any credentials: everybody on the network. The
#   discovery roles, which tell nothing but what the API offers, are left alone.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/anonymous-bound
#   severity: error
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRoleBinding, RoleBinding]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name the users, groups or accounts that need it.
package policy.rbac.anonymous_bound

import data.lib.rbac
import data.lib.review

harmless := {
	"system:basic-user",
	"system:discovery",
	"system:public-info-viewer",
	"system:service-account-issuer-discovery",
}

deny contains violation if {
	some subject in rbac.subjects
	subject.name in {"system:anonymous", "system:unauthenticated"}
	not object.get(review.new, ["roleRef", "name"], "") in harmless
	violation := {
		"msg": sprintf("%s, that is whoever reaches the API server, gets %s", [subject.name, review.new.roleRef.name]),
		"field": concat("", [subject.at, "/name"]),
	}
}
