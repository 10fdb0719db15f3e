package policy.pod_security.baseline.app_armor_test

import data.lib.testing as t
import data.policy.pod_security.baseline.app_armor as policy

profile(type) := {"securityContext": {"appArmorProfile": {"type": type}}}

annotated(value) := t.create({
	"kind": "Pod",
	"metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/app": value}},
	"spec": {"containers": [{"name": "app"}]},
})

test_container if {
	violations := policy.deny with input as t.container(profile("Unconfined"))
	t.messages(violations) == {`forbidden AppArmor profile (container "app" must not set AppArmor profile type to "Unconfined")`}
	t.fields(violations) == {"/spec/containers/0/securityContext/appArmorProfile/type"}
}

test_pod if {
	violations := policy.deny with input as t.pod(profile("Unconfined"))
	t.messages(violations) == {`forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")`}
}

test_without_a_type if {
	violations := policy.deny with input as t.container({"securityContext": {"appArmorProfile": {}}})
	t.fields(violations) == {"/spec/containers/0/securityContext/appArmorProfile/type"}
}

test_annotation if {
	violations := policy.deny with input as annotated("unconfined")
	t.fields(violations) == {"/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1app"}
}

test_allowed if {
	count(policy.deny) == 0 with input as t.container(profile("RuntimeDefault"))
	count(policy.deny) == 0 with input as t.pod(profile("Localhost"))
	count(policy.deny) == 0 with input as t.pod({"securityContext": {"appArmorProfile": null}})
	count(policy.deny) == 0 with input as annotated("runtime/default")
	count(policy.deny) == 0 with input as annotated("localhost/web")
	count(policy.deny) == 0 with input as annotated("")
}

test_other_annotation if {
	count(policy.deny) == 0 with input as t.create({
		"kind": "Pod",
		"metadata": {"annotations": {"example.com/app": "unconfined"}},
		"spec": {"containers": [{"name": "app"}]},
	})
}
