# METADATA
# scope: package
# title: A Service takes over foreign addresses
# description: |-
#   With externalIPs whoever may write Services redirects the traffic of any address for the whole cluster
#   (CVE-2020-8554). Use a LoadBalancer or a Gateway.
# related_resources:
# - https://github.com/kubernetes/kubernetes/issues/97076
# custom:
#   id: workloads/service-external-ips
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Service]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use a Service of type LoadBalancer or a Gateway.
package policy.workloads.service_external_ips

import data.lib.review

warn contains violation if {
	some item in review.items(review.new.spec.externalIPs)
	violation := {
		"msg": sprintf("externalIPs takes over the traffic of the cluster to %v", [item.value]),
		"field": sprintf("/spec/externalIPs/%d", [item.index]),
	}
}
