# METADATA
# scope: package
# title: A source is fetched without TLS
# description: |-
#   What the agent fetches over plain HTTP, git:// or without checking the certificate is whatever somebody on the
#   way makes of it, and it is applied with the agent's rights. Addresses inside of the cluster are left alone.
# custom:
#   id: gitops/unencrypted-source
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [source.toolkit.fluxcd.io]
#       kinds: [Bucket, GitRepository, HelmChart, HelmRepository, OCIRepository]
#     - apiGroups: [argoproj.io]
#       kinds: [Application]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Use https://, ssh:// or oci://.
package policy.gitops.unencrypted_source

import data.lib.review

warn contains violation if {
	some path in [["spec", "url"], ["spec", "source", "repoURL"]]
	url := object.get(review.new, path, "")
	is_string(url)
	regex.match(`(?i)^(http|git)://`, url)
	not in_cluster(url)
	violation := {
		"msg": "the source is fetched without TLS: whoever is on the way can change it",
		"field": review.pointer("", path),
	}
}

warn contains violation if {
	spec := review.new.spec
	spec.insecure == true
	not in_cluster(object.get(spec, "url", object.get(spec, "endpoint", "")))
	violation := {"msg": "the source is fetched without TLS: insecure is true", "field": "/spec/insecure"}
}

in_cluster(address) if regex.match(
	`(?i)^([a-z]+://)?([^/@]*@)?([^/:]+\.svc(\.cluster\.local)?|localhost|127\.0\.0\.1)(:[0-9]+)?(/|$)`,
	address,
)
