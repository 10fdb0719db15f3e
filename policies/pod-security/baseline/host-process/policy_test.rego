package policy.pod_security.baseline.host_process_test

import data.lib.testing as t
import data.policy.pod_security.baseline.host_process as policy

host_process(value) := {"securityContext": {"windowsOptions": {"hostProcess": value}}}

test_container if {
	violations := policy.deny with input as t.container(host_process(true))
	t.messages(violations) == {`hostProcess (container "app" must not set securityContext.windowsOptions.hostProcess=true)`}
	t.fields(violations) == {"/spec/containers/0/securityContext/windowsOptions/hostProcess"}
}

test_pod_of_a_deployment if {
	violations := policy.deny with input as t.deployment(host_process(true))
	t.fields(violations) == {"/spec/template/spec/securityContext/windowsOptions/hostProcess"}
}

test_false_and_absent if {
	count(policy.deny) == 0 with input as t.container(host_process(false))
	count(policy.deny) == 0 with input as t.container({"securityContext": null})
	count(policy.deny) == 0 with input as t.container({"securityContext": {"windowsOptions": null}})
}

test_deletion if {
	count(policy.deny) == 0 with input as t.delete({"kind": "Pod", "spec": host_process(true)})
}
