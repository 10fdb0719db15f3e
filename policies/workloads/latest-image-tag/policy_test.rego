package policy.workloads.latest_image_tag_test

import data.lib.testing as t
import data.policy.workloads.latest_image_tag as policy

uses(reference) := t.container({"image": reference})

test_latest if {
	violations := policy.warn with input as uses("ghcr.io/acme/web:latest")
	t.messages(violations) == {`container "app" runs ghcr.io/acme/web:latest, whatever that is when its node pulls it: the tag latest`}
	t.fields(violations) == {"/spec/containers/0/image"}
}

test_no_tag if {
	count(policy.warn) == 1 with input as uses("nginx")
	count(policy.warn) == 1 with input as uses("localhost:5000/web")
}

test_tag_or_digest if {
	count(policy.warn) == 0 with input as uses("localhost:5000/web:1.2.3")
	count(policy.warn) == 0 with input as uses("nginx@sha256:0123")
	count(policy.warn) == 0 with input as uses("nginx:latest@sha256:0123")
}

test_not_yet_known if {
	count(policy.warn) == 0 with input as uses("${REGISTRY}/web")
	count(policy.warn) == 0 with input as uses("")
	count(policy.warn) == 0 with input as uses(null)
}
