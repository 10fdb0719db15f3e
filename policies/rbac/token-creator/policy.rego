# METADATA
# scope: package
# title: A role makes tokens of service accounts
# description: |-
#   Who may create serviceaccounts/token has every right that any of these accounts has, and keeps it after the role
#   is gone: tokens can live long.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request
# custom:
#   id: rbac/token-creator
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Remove the rule, or narrow it with resourceNames to the accounts of one program.
package policy.rbac.token_creator

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	field := rbac.names_resource(rule, "", {"serviceaccounts/token", "serviceaccounts/*"})
	rbac.allows(rule, {"create"})
	violation := {"msg": "tokens of service accounts can be made: all their rights, too", "field": field}
}
