package policy.gitops.floating_source_test

import data.lib.testing as t
import data.policy.gitops.floating_source as policy

flux(kind, spec) := t.create({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": kind, "spec": spec})

test_oci if {
	violations := policy.warn with input as flux("OCIRepository", {"ref": {"tag": "latest"}})
	t.fields(violations) == {"/spec/ref/tag"}
	more := policy.warn with input as flux("OCIRepository", {"url": "oci://a"})
	t.fields(more) == {"/spec/ref"}
}

test_range if {
	violations := policy.warn with input as flux("OCIRepository", {"ref": {"semver": "^1.0.0"}})
	t.fields(violations) == {"/spec/ref/semver"}
	count(policy.warn) == 1 with input as flux("GitRepository", {"ref": {"semver": ">=1"}})
}

test_git_without_a_reference if {
	violations := policy.warn with input as flux("GitRepository", {"url": "https://example.com/a"})
	t.messages(violations) == {"the branch master is followed: there is no ref"}
}

test_named if {
	count(policy.warn) == 0 with input as flux("OCIRepository", {"ref": {"tag": "1.2.3"}})
	count(policy.warn) == 0 with input as flux("OCIRepository", {"ref": {"tag": "latest", "digest": "sha256:0123"}})
	count(policy.warn) == 0 with input as flux("GitRepository", {"ref": {"branch": "main"}})
	count(policy.warn) == 0 with input as flux("GitRepository", {"ref": {"tag": "v1.2.3"}})
	count(policy.warn) == 0 with input as flux("GitRepository", {"ref": {"semver": "1.2.3"}})
}

test_the_more_exact_part_counts if {
	count(policy.warn) == 1 with input as flux("OCIRepository", {"ref": {"tag": "latest", "semver": ">=1"}})
	count(policy.warn) == 0 with input as flux("OCIRepository", {"ref": {"semver": ">=1", "digest": "sha256:0123"}})
	count(policy.warn) == 0 with input as flux("GitRepository", {"ref": {"semver": ">=1", "commit": "0123"}})
}

test_each_kind_is_judged_once if {
	count(policy.warn) == 1 with input as flux("OCIRepository", {})
	count(policy.warn) == 1 with input as flux("GitRepository", {})
	count(policy.warn) == 0 with input as flux("GitRepository", {"ref": {"tag": "latest"}})
}
