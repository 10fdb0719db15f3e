# METADATA
# scope: package
# title: A container with a port has no liveness probe
# description: |-
#   A process that hangs without ending is restarted only if a liveness probe notices. Programs that end when they
#   fail need none, and a probe that is too strict does harm; so this is a hint.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
# custom:
#   id: workloads/no-liveness-probe
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, StatefulSet]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Add a livenessProbe that fails only when a restart would help, or suppress this rule.
package policy.workloads.no_liveness_probe

import data.lib.pod
import data.lib.review

info contains violation if {
	some container in pod.containers
	container.list == "containers"
	count(review.list(object.get(container.value, "ports", []))) > 0
	object.get(container.value, "livenessProbe", null) == null
	violation := {
		"msg": sprintf(`container "%s" has a port and no livenessProbe`, [container.name]),
		"field": concat("", [container.at, "/livenessProbe"]),
	}
}
