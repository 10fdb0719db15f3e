package policy.gitops.reconciliation_suspended_test

import data.lib.testing as t
import data.policy.gitops.reconciliation_suspended as policy

kustomization(spec) := {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": spec}

test_flip if {
	violations := policy.warn with input as t.update(kustomization({}), kustomization({"suspend": true}))
	t.messages(violations) == {"Kustomization is suspended: what is merged no longer reaches the cluster"}
	t.fields(violations) == {"/spec/suspend"}
}

test_new if {
	count(policy.warn) == 1 with input as t.create(kustomization({"suspend": true}))
}

test_was_so if {
	count(policy.warn) == 0 with input as t.update(kustomization({"suspend": true}), kustomization({"suspend": true, "path": "a"}))
}

test_resumed if {
	count(policy.warn) == 0 with input as t.update(kustomization({"suspend": true}), kustomization({"suspend": false}))
	count(policy.warn) == 0 with input as t.create(kustomization({}))
}
