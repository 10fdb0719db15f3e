# METADATA
# scope: package
# title: A container with a port has no readiness probe
# description: |-
#   Without a readiness probe a Pod gets traffic as soon as its process starts, and a rolling update goes on to the
#   next Pod before this one can answer: users see errors at every release. Only containers that declare a port are
#   judged.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
# custom:
#   id: workloads/no-readiness-probe
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, StatefulSet]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Add a readinessProbe that asks the program whether it can serve.
package policy.workloads.no_readiness_probe

import data.lib.pod
import data.lib.review

warn contains violation if {
	some container in pod.containers
	container.list == "containers"
	count(review.list(object.get(container.value, "ports", []))) > 0
	object.get(container.value, "readinessProbe", null) == null
	violation := {
		"msg": sprintf(`container "%s" has a port and no readinessProbe`, [container.name]),
		"field": concat("", [container.at, "/readinessProbe"]),
	}
}
