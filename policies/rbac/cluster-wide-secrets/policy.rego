# METADATA
# scope: package
# title: A ClusterRole reads the Secrets of every namespace
# description: |-
#   Every Secret of the cluster includes the tokens and keys of those who administer it; list and watch show the
#   content, not only the names. Roles that RoleBindings alone refer to in the repository, and rules with
#   resourceNames, are left alone.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets
# custom:
#   id: rbac/cluster-wide-secrets
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use Roles in the namespaces that need it, or resourceNames.
package policy.rbac.cluster_wide_secrets

import data.lib.rbac
import data.lib.review

warn contains violation if {
	some rule in rbac.rules
	field := rbac.names_resource(rule, "", {"secrets"})
	rbac.allows(rule, {"get", "list", "watch"})
	count(rule.names) == 0
	not bound_in_namespaces_only
	violation := {"msg": "the Secrets of every namespace can be read", "field": field}
}

refers(binding) if {
	binding.roleRef.kind == "ClusterRole"
	binding.roleRef.name == review.new.metadata.name
}

bound_in_namespaces_only if {
	some namespace, _ in data.inventory.namespace
	some binding in data.inventory.namespace[namespace]["rbac.authorization.k8s.io/v1"].RoleBinding
	refers(binding)
	not bound_everywhere
}

bound_everywhere if {
	some binding in data.inventory.cluster["rbac.authorization.k8s.io/v1"].ClusterRoleBinding
	refers(binding)
}
