# METADATA
# scope: package
# title: Several replicas are not told to spread
# description: |-
#   Without a rule the scheduler only tends to spread replicas. All of them can land on one node or in one zone, and
#   go down with it. Judged from three replicas on; a parameter changes that.
# related_resources:
# - https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
# custom:
#   id: workloads/no-topology-spread
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [Deployment, StatefulSet]
#     operations: [CREATE, UPDATE]
#   params:
#     min-replicas:
#       description: >-
#         The least number of replicas that have to be spread.
#       default: 3
#   help: >-
#     Add a topologySpreadConstraint over topology.kubernetes.io/zone or kubernetes.io/hostname.
package policy.workloads.no_topology_spread

import data.lib.pod
import data.lib.review

info contains violation if {
	replicas := review.new.spec.replicas
	is_number(replicas)
	replicas >= review.param("min-replicas", 3)
	count(review.list(object.get(pod.spec, "topologySpreadConstraints", []))) == 0
	object.get(pod.spec, ["affinity", "podAntiAffinity"], null) == null
	violation := {
		"msg": sprintf("%d replicas with neither topologySpreadConstraints nor podAntiAffinity can all run on one node", [replicas]),
		"field": concat("", [pod.spec_at, "/topologySpreadConstraints"]),
	}
}
