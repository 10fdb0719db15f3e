# METADATA
# scope: package
# title: A ClusterRole adds more than reading to the role view
# description: |-
#   The label rbac.authorization.k8s.io/aggregate-to-view adds the rules to view, which people get because it can do
#   no harm. Writing, and reading Secrets, does not belong there; edit and admin have labels of their own.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: rbac/aggregated-to-view
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Keep get, list and watch; add the rest with aggregate-to-edit or aggregate-to-admin.
package policy.rbac.aggregated_to_view

import data.lib.rbac
import data.lib.review

aggregated if review.labels["rbac.authorization.k8s.io/aggregate-to-view"] == "true"

warn contains violation if {
	aggregated
	some rule in rbac.rules
	some index, verb in rule.verbs
	not verb in {"get", "list", "watch"}
	violation := {
		"msg": sprintf("everybody with the role view gets the verb %v on %s", [verb, concat(", ", rule.resources)]),
		"field": sprintf("%s/verbs/%d", [rule.at, index]),
	}
}

warn contains violation if {
	aggregated
	some rule in rbac.rules
	field := rbac.names_resource(rule, "", {"secrets"})
	violation := {"msg": "everybody with the role view reads Secrets", "field": field}
}
