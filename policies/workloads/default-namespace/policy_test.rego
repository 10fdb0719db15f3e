package policy.workloads.default_namespace_test

import data.lib.testing as t
import data.policy.workloads.default_namespace as policy

test_default if {
	violations := policy.warn with input as t.create({"kind": "Pod", "metadata": {"namespace": "default"}})
	t.fields(violations) == {"/metadata/namespace"}
}

test_other_or_none if {
	count(policy.warn) == 0 with input as t.create({"kind": "Pod", "metadata": {"namespace": "shop"}})
	count(policy.warn) == 0 with input as t.create({"kind": "Pod", "metadata": {}})
	count(policy.warn) == 0 with input as t.create({"kind": "Pod"})
}
