package policy.workloads.namespace_without_pod_security_test

import data.lib.testing as t
import data.policy.workloads.namespace_without_pod_security as policy

namespace(metadata) := t.create({"kind": "Namespace", "metadata": object.union({"name": "shop"}, metadata)})

test_no_label if {
	violations := policy.info with input as namespace({"labels": {"team": "a"}})
	t.fields(violations) == {"/metadata/labels/pod-security.kubernetes.io~1enforce"}
	count(policy.info) == 1 with input as namespace({})
}

test_label if {
	count(policy.info) == 0 with input as namespace({"labels": {"pod-security.kubernetes.io/enforce": "privileged"}})
}

test_of_the_cluster if {
	count(policy.info) == 0 with input as namespace({"name": "kube-system"})
}
