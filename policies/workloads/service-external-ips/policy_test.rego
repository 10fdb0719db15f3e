package policy.workloads.service_external_ips_test

import data.lib.testing as t
import data.policy.workloads.service_external_ips as policy

service(spec) := t.create({"kind": "Service", "spec": spec})

test_addresses if {
	violations := policy.warn with input as service({"externalIPs": ["192.0.2.1", "192.0.2.2"]})
	t.fields(violations) == {"/spec/externalIPs/0", "/spec/externalIPs/1"}
}

test_none if {
	count(policy.warn) == 0 with input as service({"externalIPs": []})
	count(policy.warn) == 0 with input as service({"type": "LoadBalancer"})
}
