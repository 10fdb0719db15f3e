package policy.gitops.flux_reference_missing_test

import data.lib.testing as t
import data.policy.gitops.flux_reference_missing as policy

flux(kind, group, name) := {"apiVersion": sprintf("%s.toolkit.fluxcd.io/v1", [group]), "kind": kind, "metadata": {"name": name, "namespace": "flux-system"}, "spec": {}}

kustomization(spec) := t.create(object.union(flux("Kustomization", "kustomize", "web"), {"spec": spec}))

repository := t.inventory([
	flux("Kustomization", "kustomize", "web"),
	flux("Kustomization", "kustomize", "infra"),
	flux("GitRepository", "source", "web"),
])

test_dependency if {
	violations := policy.warn with input as kustomization({"dependsOn": [{"name": "infra"}, {"name": "infar"}]}) with data.inventory as repository
	t.messages(violations) == {"it waits for ever: there is no Kustomization flux-system/infar"}
	t.fields(violations) == {"/spec/dependsOn/1/name"}
}

test_source if {
	violations := policy.warn with input as kustomization({"sourceRef": {"kind": "GitRepository", "name": "wbe"}}) with data.inventory as repository
	t.fields(violations) == {"/spec/sourceRef/name"}
}

test_found if {
	count(policy.warn) == 0 with input as kustomization({"dependsOn": [{"name": "infra"}], "sourceRef": {"kind": "GitRepository", "name": "web"}}) with data.inventory as repository
}

test_elsewhere if {
	count(policy.warn) == 0 with input as kustomization({"sourceRef": {"kind": "GitRepository", "name": "flux-system"}}) with data.inventory as repository
	count(policy.warn) == 0 with input as kustomization({"sourceRef": {"kind": "OCIRepository", "name": "web"}}) with data.inventory as repository
	count(policy.warn) == 0 with input as kustomization({"dependsOn": [{"name": "a", "namespace": "other"}]}) with data.inventory as repository
	count(policy.warn) == 0 with input as kustomization({"dependsOn": [{"name": "${NAME}"}]}) with data.inventory as repository
}

test_namesakes if {
	namesake := {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "metadata": {"name": "infra", "namespace": "flux-system"}}
	request := kustomization({"dependsOn": [{"name": "infra"}]})
	count(policy.warn) == 0 with input as request with data.inventory as t.inventory([namesake])
	count(policy.warn) == 1 with input as request with data.inventory as t.inventory([namesake, flux("Kustomization", "kustomize", "web")])
	count(policy.warn) == 0 with input as kustomization({"sourceRef": {"kind": "GitRepository", "name": "${NAME}"}}) with data.inventory as repository
}
