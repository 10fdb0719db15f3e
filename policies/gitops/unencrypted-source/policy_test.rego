package policy.gitops.unencrypted_source_test

import data.lib.testing as t
import data.policy.gitops.unencrypted_source as policy

flux(kind, spec) := t.create({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": kind, "spec": spec})

test_plain if {
	violations := policy.warn with input as flux("HelmRepository", {"url": "http://charts.example.com"})
	t.fields(violations) == {"/spec/url"}
	count(policy.warn) == 1 with input as flux("GitRepository", {"url": "git://example.com/a"})
	count(policy.warn) == 1 with input as t.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": {"source": {"repoURL": "HTTP://example.com"}}})
}

test_insecure if {
	violations := policy.warn with input as flux("OCIRepository", {"url": "oci://example.com/a", "insecure": true})
	t.fields(violations) == {"/spec/insecure"}
}

test_encrypted if {
	every url in ["https://example.com", "ssh://git@example.com/a", "oci://example.com/a", "git@example.com:a/b"] {
		count(policy.warn) == 0 with input as flux("GitRepository", {"url": url})
	}
}

test_inside_of_the_cluster if {
	count(policy.warn) == 0 with input as flux("HelmRepository", {"url": "http://charts.shop.svc.cluster.local:8080/a"})
	count(policy.warn) == 0 with input as flux("HelmRepository", {"url": "http://charts.shop.svc"})
	count(policy.warn) == 1 with input as flux("HelmRepository", {"url": "http://charts.svc.example.com"})
}

test_bucket if {
	count(policy.warn) == 1 with input as flux("Bucket", {"endpoint": "storage.example.com", "insecure": true})
	count(policy.warn) == 0 with input as flux("Bucket", {"endpoint": "minio.storage.svc:9000", "insecure": true})
}
