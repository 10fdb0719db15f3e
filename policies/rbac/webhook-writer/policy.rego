# METADATA
# scope: package
# title: A role changes admission webhooks
# description: |-
#   An admission webhook sees every object that is written, Secrets included, and may change it. Who may write
#   webhook configurations reads and alters all that passes; who may delete them switches policies off.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks
# custom:
#   id: rbac/webhook-writer
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Narrow it with resourceNames, or let the repository hold the configuration.
package policy.rbac.webhook_writer

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	field := rbac.names_resource(rule, "admissionregistration.k8s.io", {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"})
	rbac.allows(rule, {"create", "update", "patch", "delete", "deletecollection"})
	violation := {"msg": "admission webhooks can be changed: they see and alter all that is written", "field": field}
}
