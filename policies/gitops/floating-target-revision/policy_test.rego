package policy.gitops.floating_target_revision_test

import data.lib.testing as t
import data.policy.gitops.floating_target_revision as policy

application(spec) := t.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": object.union({"syncPolicy": {"automated": {}}}, spec)})

test_head if {
	violations := policy.warn with input as application({"source": {"repoURL": "a", "targetRevision": "HEAD"}})
	t.fields(violations) == {"/spec/source/targetRevision"}
	more := policy.warn with input as application({"sources": [{"targetRevision": "v1"}, {"repoURL": "a"}]})
	t.fields(more) == {"/spec/sources/1/targetRevision"}
}

test_chart if {
	count(policy.warn) == 1 with input as application({"source": {"chart": "web", "targetRevision": "1.*"}})
	count(policy.warn) == 0 with input as application({"source": {"chart": "web", "targetRevision": "1.2.3"}})
}

test_application_set if {
	violations := policy.warn with input as t.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": {"template": {"spec": {
		"source": {"repoURL": "a"},
		"syncPolicy": {"automated": {}},
	}}}})
	t.fields(violations) == {"/spec/template/spec/source/targetRevision"}
}

test_named if {
	count(policy.warn) == 0 with input as application({"source": {"targetRevision": "main"}})
	count(policy.warn) == 0 with input as application({"source": {"targetRevision": "v1.2.3"}})
	count(policy.warn) == 0 with input as application({"source": {"targetRevision": "{{ .revision }}"}})
}

test_by_hand if {
	count(policy.warn) == 0 with input as application({"syncPolicy": {"automated": null}, "source": {"targetRevision": "HEAD"}})
	count(policy.warn) == 0 with input as application({"syncPolicy": {"automated": {"enabled": false}}, "source": {"targetRevision": "HEAD"}})
}
