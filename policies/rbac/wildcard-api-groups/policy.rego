# METADATA
# scope: package
# title: A role covers a resource in every API group
# description: |-
#   With apiGroups "*" a role also grants what other APIs call by the same name, now or later. Where the resources
#   are a wildcard too, rbac/wildcard-resources says it.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
# custom:
#   id: rbac/wildcard-api-groups
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name the API group; "" is the core group.
package policy.rbac.wildcard_api_groups

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	count(rbac.positions(rule.resources, {"*"})) == 0
	some index in rbac.positions(rule.groups, {"*"})
	violation := {
		"msg": sprintf(`%s in every API group`, [concat(", ", rule.resources)]),
		"field": sprintf("%s/apiGroups/%d", [rule.at, index]),
	}
}
