package policy.gitops.fixed_cluster_ip_test

import data.lib.testing as t
import data.policy.gitops.fixed_cluster_ip as policy

service(spec) := t.create({"kind": "Service", "spec": spec})

test_address if {
	violations := policy.warn with input as service({"clusterIP": "10.96.0.20"})
	t.fields(violations) == {"/spec/clusterIP"}
}

test_headless_or_none if {
	count(policy.warn) == 0 with input as service({"clusterIP": "None"})
	count(policy.warn) == 0 with input as service({"clusterIP": ""})
	count(policy.warn) == 0 with input as service({"clusterIP": null})
	count(policy.warn) == 0 with input as service({})
}
