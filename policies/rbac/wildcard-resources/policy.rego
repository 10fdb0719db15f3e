# METADATA
# scope: package
# title: A role covers every resource of an API group of Kubernetes
# description: |-
#   With resources "*" a role grants Secrets, exec and whatever the next version of Kubernetes adds. Operators may
#   take all resources of their own API group, so other groups are not judged.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
# custom:
#   id: rbac/wildcard-resources
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name the resources that the program uses.
package policy.rbac.wildcard_resources

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	some index in rbac.positions(rule.resources, {"*"})
	some group in rule.groups
	group in rbac.built_in
	violation := {
		"msg": sprintf(`resources "*" of %s: %s`, [rbac.group_called(group), extent(group)]),
		"field": sprintf("%s/resources/%d", [rule.at, index]),
	}
}

extent(group) := "Secrets, exec and all that is yet to come" if {
	group in {"", "*"}
} else := "all that there is and is yet to come"
