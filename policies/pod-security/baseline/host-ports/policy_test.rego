package policy.pod_security.baseline.host_ports_test

import data.lib.testing as t
import data.policy.pod_security.baseline.host_ports as policy

test_host_port if {
	violations := policy.deny with input as t.container({"ports": [{"containerPort": 80}, {"containerPort": 80, "hostPort": 8080}]})
	t.messages(violations) == {`hostPort (container "app" uses hostPort 8080)`}
	t.fields(violations) == {"/spec/containers/0/ports/1/hostPort"}
}

test_none if {
	count(policy.deny) == 0 with input as t.container({"ports": [{"containerPort": 80, "hostPort": 0}]})
	count(policy.deny) == 0 with input as t.container({"ports": [{"containerPort": 80, "hostPort": null}]})
	count(policy.deny) == 0 with input as t.container({"ports": null})
}
