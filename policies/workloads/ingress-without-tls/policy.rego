# METADATA
# scope: package
# title: An Ingress serves without TLS
# description: |-
#   Without a tls section passwords, cookies and tokens of users travel in the clear, unless something in front of
#   the controller ends TLS. If so, suppress this rule with that reason.
# custom:
#   id: workloads/ingress-without-tls
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [networking.k8s.io]
#       kinds: [Ingress]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Add tls with the hosts and the Secret of their certificate.
package policy.workloads.ingress_without_tls

import data.lib.review

info contains violation if {
	count(review.list(object.get(review.new, ["spec", "tls"], []))) == 0
	violation := {"msg": "the Ingress has no tls", "field": "/spec/tls"}
}
