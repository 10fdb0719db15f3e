# METADATA
# scope: package
# title: A role runs commands in Pods
# description: |-
#   Who may exec into Pods or attach to them is every program there, with its Secrets and its service account, and
#   leaves no trace in Git.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/pod-exec
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Remove the rule, or grant it to people only, for a time.
package policy.rbac.pod_exec

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	field := rbac.names_resource(rule, "", {"pods/exec", "pods/attach", "pods/*"})
	rbac.allows(rule, {"create", "get"})
	violation := {"msg": "commands can be run in Pods, with their Secrets and their service accounts", "field": field}
}
