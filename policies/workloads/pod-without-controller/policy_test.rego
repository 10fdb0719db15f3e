package policy.workloads.pod_without_controller_test

import data.lib.testing as t
import data.policy.workloads.pod_without_controller as policy

pod(metadata) := t.create({"kind": "Pod", "metadata": metadata})

test_bare if {
	violations := policy.warn with input as pod({"name": "web"})
	t.fields(violations) == {"/kind"}
}

test_hook if {
	count(policy.warn) == 0 with input as pod({"annotations": {"helm.sh/hook": "test"}})
	count(policy.warn) == 0 with input as pod({"annotations": {"argocd.argoproj.io/hook": "PreSync"}})
}

test_owned if {
	count(policy.warn) == 0 with input as pod({"ownerReferences": [{"kind": "Node"}]})
}
