# METADATA
# scope: package
# title: A role talks to the kubelets
# description: |-
#   nodes/proxy goes around admission and audit to the kubelet's API, which runs commands in every Pod of the node;
#   the verb get is enough. Metrics need nodes/metrics and nodes/stats only.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes
# custom:
#   id: rbac/node-proxy
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use nodes/metrics and nodes/stats.
package policy.rbac.node_proxy

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	field := rbac.names_resource(rule, "", {"nodes/proxy", "nodes/*"})
	rbac.allows(rule, {"get", "create"})
	violation := {"msg": "the API of the kubelets can be used, which runs commands in every Pod", "field": field}
}
