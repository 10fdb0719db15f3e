package policy.gitops.image_without_digest_test

import data.lib.testing as t
import data.policy.gitops.image_without_digest as policy

uses(reference) := t.container({"image": reference})

test_tag if {
	violations := policy.info with input as uses("ghcr.io/acme/web:1.4.2")
	t.fields(violations) == {"/spec/containers/0/image"}
}

test_digest if {
	count(policy.info) == 0 with input as uses("ghcr.io/acme/web:1.4.2@sha256:0123")
	count(policy.info) == 0 with input as uses("ghcr.io/acme/web@sha256:0123")
}

test_not_yet_known if {
	count(policy.info) == 0 with input as uses("{{ .Values.image }}")
}
