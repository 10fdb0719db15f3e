package policy.gitops.stateful_object_deleted_test

import data.lib.testing as t
import data.policy.gitops.stateful_object_deleted as policy

claim(annotations) := {"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "annotations": annotations}}

test_deleted if {
	violations := policy.deny with input as t.delete(claim({}))
	t.messages(violations) == {"the deletion of PersistentVolumeClaim data takes its data with it"}
	count(policy.deny) == 1 with input as t.delete({"kind": "Namespace", "metadata": {"name": "shop"}})
}

test_announced if {
	count(policy.deny) == 0 with input as t.delete(claim({"portcullis.dev/allow-deletion": "moved to the object store"}))
}

test_a_reason_is_needed if {
	count(policy.deny) == 1 with input as t.delete(claim({"portcullis.dev/allow-deletion": " "}))
	count(policy.deny) == 1 with input as t.delete(claim({"portcullis.dev/allow-deletion": true}))
}

test_kept_by_the_agent if {
	count(policy.deny) == 0 with input as t.delete(claim({"kustomize.toolkit.fluxcd.io/prune": "disabled"}))
	count(policy.deny) == 0 with input as t.delete(claim({"helm.sh/resource-policy": "keep"}))
	count(policy.deny) == 0 with input as t.delete(claim({"argocd.argoproj.io/sync-options": "ServerSideApply=true, Prune=false"}))
	count(policy.deny) == 1 with input as t.delete(claim({"argocd.argoproj.io/sync-options": "ServerSideApply=true"}))
}

test_changed_or_other_kind if {
	count(policy.deny) == 0 with input as t.update(claim({}), claim({"a": "b"}))
	count(policy.deny) == 0 with input as t.delete({"kind": "ConfigMap", "metadata": {"name": "web"}})
}
