# METADATA
# scope: package
# title: A Kustomization of Flux waits for something that the repository does not have
# description: |-
#   A Kustomization whose dependsOn or sourceRef names nothing never becomes ready, and neither does what depends on
#   it. The source flux-system, which is made when Flux is installed, is left alone, and so are names that a
#   substitution fills, and namespaces of which the repository has nothing.
# related_resources:
# - https://fluxcd.io/flux/components/kustomize/kustomizations/#dependencies
# custom:
#   id: gitops/flux-reference-missing
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [kustomize.toolkit.fluxcd.io]
#       kinds: [Kustomization]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Mend the name, or remove the reference.
package policy.gitops.flux_reference_missing

import data.lib.review

known(kind, group, namespace, name) if {
	some api_version, kinds in data.inventory.namespace[namespace]
	review.group(api_version) == group
	kinds[kind][name]
}

# The repository has objects of this kind in the namespace: then it is where the missing one would be.
has_any(kind, group, namespace) if {
	some api_version, kinds in data.inventory.namespace[namespace]
	review.group(api_version) == group
	count(kinds[kind]) > 0
}

warn contains violation if {
	some item in review.items(object.get(review.new, ["spec", "dependsOn"], []))
	name := item.value.name
	literal(name)
	namespace := object.get(item.value, "namespace", review.new.metadata.namespace)
	has_any("Kustomization", "kustomize.toolkit.fluxcd.io", namespace)
	not known("Kustomization", "kustomize.toolkit.fluxcd.io", namespace, name)
	violation := {
		"msg": sprintf("it waits for ever: there is no Kustomization %s/%s", [namespace, name]),
		"field": sprintf("/spec/dependsOn/%d/name", [item.index]),
	}
}

warn contains violation if {
	ref := review.new.spec.sourceRef
	literal(ref.name)
	ref.name != "flux-system"
	namespace := object.get(ref, "namespace", review.new.metadata.namespace)
	has_any(ref.kind, "source.toolkit.fluxcd.io", namespace)
	not known(ref.kind, "source.toolkit.fluxcd.io", namespace, ref.name)
	violation := {
		"msg": sprintf("it waits for ever: there is no %s %s/%s", [ref.kind, namespace, ref.name]),
		"field": "/spec/sourceRef/name",
	}
}

literal(name) if not regex.match(`[$]\{|\{\{`, name)
