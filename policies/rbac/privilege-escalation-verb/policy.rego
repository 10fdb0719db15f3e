# METADATA
# scope: package
# title: A role can give itself more rights
# description: |-
#   Who may escalate or bind roles grants themselves any right, and who may impersonate is anybody. The verbs bind
#   and impersonate are left alone where resourceNames say which roles or accounts.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb
# custom:
#   id: rbac/privilege-escalation-verb
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Remove the verb, or narrow it with resourceNames.
package policy.rbac.privilege_escalation_verb

import data.lib.rbac

dangerous := {
	"bind": {"roles", "clusterroles"},
	"escalate": {"roles", "clusterroles"},
	"impersonate": {"users", "groups", "serviceaccounts", "uids"},
}

warn contains violation if {
	some rule in rbac.rules
	some index, verb in rule.verbs
	some resource in dangerous[verb]
	resource in rule.resources
	not narrowed(rule, verb)
	violation := {
		"msg": sprintf("%s on %s gives any right in the cluster", [verb, resource]),
		"field": sprintf("%s/verbs/%d", [rule.at, index]),
	}
}

narrowed(rule, verb) if {
	verb in {"bind", "impersonate"}
	count(rule.names) > 0
}
