package policy.gitops.forced_recreation_test

import data.lib.testing as t
import data.policy.gitops.forced_recreation as policy

kustomization(spec) := t.create({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": spec})

application(options) := t.create({
	"apiVersion": "argoproj.io/v1alpha1",
	"kind": "Application",
	"spec": {"syncPolicy": {"syncOptions": options}},
})

test_flux if {
	violations := policy.warn with input as kustomization({"force": true})
	t.fields(violations) == {"/spec/force"}
	count(policy.warn) == 0 with input as kustomization({"force": false})
	count(policy.warn) == 0 with input as kustomization({})
}

test_argo if {
	violations := policy.warn with input as application(["CreateNamespace=true", "Replace=true"])
	t.fields(violations) == {"/spec/syncPolicy/syncOptions/1"}
	count(policy.warn) == 0 with input as application(["ServerSideApply=true"])
	count(policy.warn) == 0 with input as application(null)
}
