package policy.pod_security.baseline.seccomp_test

import data.lib.testing as t
import data.policy.pod_security.baseline.seccomp as policy

profile(type) := {"securityContext": {"seccompProfile": {"type": type}}}

annotated(key, value) := t.with_params(
	t.create({
		"kind": "Pod",
		"metadata": {"annotations": {key: value}},
		"spec": {"containers": [{"name": "app"}]},
	}),
	{"version": "v1.18"},
)

test_container if {
	violations := policy.deny with input as t.container(profile("Unconfined"))
	t.messages(violations) == {`seccompProfile (container "app" must not set securityContext.seccompProfile.type to "Unconfined")`}
	t.fields(violations) == {"/spec/containers/0/securityContext/seccompProfile/type"}
}

test_pod if {
	violations := policy.deny with input as t.deployment(profile("Unconfined"))
	t.fields(violations) == {"/spec/template/spec/securityContext/seccompProfile/type"}
}

test_allowed if {
	count(policy.deny) == 0 with input as t.container(profile("RuntimeDefault"))
	count(policy.deny) == 0 with input as t.pod(profile("Localhost"))
	count(policy.deny) == 0 with input as t.pod({})
}

test_annotations_until_1_18 if {
	count(policy.deny) == 1 with input as annotated("seccomp.security.alpha.kubernetes.io/pod", "unconfined")
	count(policy.deny) == 1 with input as annotated("container.seccomp.security.alpha.kubernetes.io/app", "unconfined")
	count(policy.deny) == 0 with input as annotated("container.seccomp.security.alpha.kubernetes.io/other", "unconfined")
	count(policy.deny) == 0 with input as annotated("seccomp.security.alpha.kubernetes.io/pod", "localhost/web")
	count(policy.deny) == 0 with input as t.with_params(t.container(profile("Unconfined")), {"version": "v1.18"})
}

test_annotations_mean_nothing_since_1_19 if {
	request := t.with_params(annotated("seccomp.security.alpha.kubernetes.io/pod", "unconfined"), {"version": "v1.19"})
	count(policy.deny) == 0 with input as request
}
