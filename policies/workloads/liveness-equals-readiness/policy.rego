# METADATA
# scope: package
# title: Liveness and readiness are the same probe
# description: |-
#   When both probes ask the same, with the same patience, a Pod that is slow under load is restarted instead of
#   taken out of rotation, and its load falls on the others. Let the liveness probe be more patient, or ask less.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
# custom:
#   id: workloads/liveness-equals-readiness
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, StatefulSet]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Raise failureThreshold of the liveness probe, or give it a path that only says that the process is alive.
package policy.workloads.liveness_equals_readiness

import data.lib.pod

info contains violation if {
	some container in pod.containers
	liveness := container.value.livenessProbe
	strictness(liveness) == strictness(container.value.readinessProbe)
	violation := {
		"msg": sprintf(`container "%s" is restarted as soon as it is not ready: both probes are the same`, [container.name]),
		"field": concat("", [container.at, "/livenessProbe"]),
	}
}

# What decides when a probe has failed; how often and how late it starts does not matter here.
strictness(probe) := object.union(
	{"failureThreshold": 3, "periodSeconds": 10, "timeoutSeconds": 1},
	object.remove(probe, ["successThreshold", "initialDelaySeconds", "terminationGracePeriodSeconds"]),
) if {
	is_object(probe)
}
