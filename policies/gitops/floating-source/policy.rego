# METADATA
# scope: package
# title: A source of Flux follows whatever is newest
# description: |-
#   An OCIRepository without a tag, with latest or with a range of versions, and a GitRepository with a range of
#   tags or without any reference, bring changes into the cluster that no pull request here shows. A branch is a
#   decision, and is left alone.
# related_resources:
# - https://fluxcd.io/flux/components/source/ocirepositories/#reference
# - https://fluxcd.io/flux/components/source/gitrepositories/#reference
# custom:
#   id: gitops/floating-source
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [source.toolkit.fluxcd.io]
#       kinds: [GitRepository, OCIRepository]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name a tag of a whole version, a commit or a digest.
package policy.gitops.floating_source

import data.lib.review
import data.lib.source

warn contains violation if {
	review.new.kind == "OCIRepository"
	ref := review.map(object.get(review.new, ["spec", "ref"], {}))
	count({"tag", "digest", "semver"} & object.keys(ref)) == 0
	violation := {"msg": "the tag latest is followed: there is no ref", "field": review.pointer("", ["spec", "ref"])}
}

warn contains violation if {
	review.new.kind == "OCIRepository"
	review.new.spec.ref.tag == "latest"
	not review.new.spec.ref.digest
	not review.new.spec.ref.semver
	violation := {"msg": "the tag latest is followed", "field": "/spec/ref/tag"}
}

warn contains violation if {
	ref := review.new.spec.ref
	not ref.digest
	not ref.commit
	source.floats(ref.semver)
	violation := {
		"msg": sprintf("the newest version is followed, whenever it appears: %s", [source.described(ref.semver)]),
		"field": "/spec/ref/semver",
	}
}

warn contains violation if {
	review.new.kind == "GitRepository"
	count(review.map(object.get(review.new, ["spec", "ref"], {}))) == 0
	violation := {
		"msg": "the branch master is followed: there is no ref",
		"field": review.pointer("", ["spec", "ref"]),
	}
}
