# METADATA
# scope: package
# title: A role allows every verb
# description: |-
#   Verbs "*" include escalate, bind, impersonate and deletecollection, and verbs that do not exist yet. Operators
#   may have all verbs on their own API group. Where the resources are a wildcard too, rbac/wildcard-resources says
#   it.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
# custom:
#   id: rbac/wildcard-verbs
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name the verbs that the program uses.
package policy.rbac.wildcard_verbs

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	count(rbac.positions(rule.resources, {"*"})) == 0
	some index in rbac.positions(rule.verbs, {"*"})
	some group in rule.groups
	group in rbac.built_in
	violation := {
		"msg": sprintf(`every verb on %s`, [concat(", ", rule.resources)]),
		"field": sprintf("%s/verbs/%d", [rule.at, index]),
	}
}
