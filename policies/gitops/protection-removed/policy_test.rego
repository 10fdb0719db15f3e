package policy.gitops.protection_removed_test

import data.lib.testing as t
import data.policy.gitops.protection_removed as policy

namespace(annotations) := {"kind": "Namespace", "metadata": {"name": "shop", "annotations": annotations}}

flux := {"kustomize.toolkit.fluxcd.io/prune": "disabled"}

argo := {"argocd.argoproj.io/sync-options": "Prune=false,ServerSideApply=true"}

test_removed if {
	violations := policy.warn with input as t.update(namespace(flux), namespace({}))
	t.messages(violations) == {"nothing keeps Namespace shop any more: kustomize.toolkit.fluxcd.io/prune: disabled is gone"}
	t.fields(violations) == {"/metadata/annotations/kustomize.toolkit.fluxcd.io~1prune"}
	more := policy.warn with input as t.update(namespace(flux), namespace({"kustomize.toolkit.fluxcd.io/prune": "enabled"}))
	t.fields(more) == {"/metadata/annotations/kustomize.toolkit.fluxcd.io~1prune"}
}

test_argo if {
	violations := policy.warn with input as t.update(namespace(argo), namespace({"argocd.argoproj.io/sync-options": "ServerSideApply=true"}))
	t.messages(violations) == {"nothing keeps Namespace shop any more: the sync option Prune=false is gone"}
}

test_kept if {
	count(policy.warn) == 0 with input as t.update(namespace(flux), namespace(object.union(flux, {"a": "b"})))
	count(policy.warn) == 0 with input as t.update(namespace(argo), namespace({"argocd.argoproj.io/sync-options": "ServerSideApply=true, Prune=false"}))
}

test_never_there if {
	count(policy.warn) == 0 with input as t.update(namespace({}), namespace({}))
	count(policy.warn) == 0 with input as t.create(namespace({}))
	count(policy.warn) == 0 with input as t.update(namespace(null), namespace(null))
}
