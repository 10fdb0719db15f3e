# METADATA
# scope: package
# title: A Namespace asks for no Pod Security level
# description: |-
#   Without the label pod-security.kubernetes.io/enforce the cluster's default holds, which is privileged unless
#   somebody configured it: any Pod is let in.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-admission/
# custom:
#   id: workloads/namespace-without-pod-security
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Namespace]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Add the label with restricted, baseline or, for node agents, privileged.
package policy.workloads.namespace_without_pod_security

import data.lib.review

info contains violation if {
	object.get(review.labels, "pod-security.kubernetes.io/enforce", null) == null
	not startswith(object.get(review.new, ["metadata", "name"], ""), "kube-")
	violation := {
		"msg": "the Namespace has no label pod-security.kubernetes.io/enforce: any Pod is let in",
		"field": review.pointer("", ["metadata", "labels", "pod-security.kubernetes.io/enforce"]),
	}
}
