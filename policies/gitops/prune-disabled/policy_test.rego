package policy.gitops.prune_disabled_test

import data.lib.testing as t
import data.policy.gitops.prune_disabled as policy

kustomization(prune) := {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": {"prune": prune}}

test_off if {
	violations := policy.warn with input as t.update(kustomization(true), kustomization(false))
	t.fields(violations) == {"/spec/prune"}
	count(policy.warn) == 1 with input as t.create(kustomization(false))
}

test_on_or_as_before if {
	count(policy.warn) == 0 with input as t.create(kustomization(true))
	count(policy.warn) == 0 with input as t.update(kustomization(false), kustomization(true))
	count(policy.warn) == 0 with input as t.update(kustomization(false), kustomization(false))
}
