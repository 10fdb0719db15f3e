package policy.gitops.job_with_ttl_test

import data.lib.testing as t
import data.policy.gitops.job_with_ttl as policy

job(annotations, spec) := t.create({"kind": "Job", "metadata": {"name": "web", "annotations": annotations}, "spec": spec})

test_ttl if {
	violations := policy.warn with input as job({}, {"ttlSecondsAfterFinished": 0})
	t.fields(violations) == {"/spec/ttlSecondsAfterFinished"}
}

test_hook if {
	count(policy.warn) == 0 with input as job({"argocd.argoproj.io/hook": "PreSync"}, {"ttlSecondsAfterFinished": 60})
	count(policy.warn) == 0 with input as job({"helm.sh/hook": "post-install"}, {"ttlSecondsAfterFinished": 60})
}

test_none if {
	count(policy.warn) == 0 with input as job({}, {})
	count(policy.warn) == 0 with input as job(null, {"ttlSecondsAfterFinished": null})
}
