package policy.gitops.moving_image_tag_test

import data.lib.testing as t
import data.policy.gitops.moving_image_tag as policy

uses(reference) := t.container({"image": reference})

test_moving if {
	violations := policy.warn with input as uses("ghcr.io/acme/web:main")
	t.fields(violations) == {"/spec/containers/0/image"}
	every tag in ["stable", "1", "v2", "16-alpine", "Nightly"] {
		count(policy.warn) == 1 with input as uses(sprintf("nginx:%s", [tag]))
	}
}

test_fixed if {
	every tag in ["1.27.3", "v1.2.3-rc.1", "16.4", "118", "20260101", "3f2c1ab", "1.27.3-alpine", "main-3f2c1ab", "RELEASE.2026-01-01T00-00-00Z"] {
		count(policy.warn) == 0 with input as uses(sprintf("nginx:%s", [tag]))
	}
}

test_digest if {
	count(policy.warn) == 0 with input as uses("nginx:stable@sha256:0123")
}

test_said_elsewhere if {
	count(policy.warn) == 0 with input as uses("nginx")
	count(policy.warn) == 0 with input as uses("nginx:latest")
	count(policy.warn) == 0 with input as uses("nginx:${TAG}")
}

test_hole_elsewhere if {
	count(policy.warn) == 1 with input as uses("${REGISTRY}/web:main")
	count(policy.warn) == 0 with input as uses(null)
}
