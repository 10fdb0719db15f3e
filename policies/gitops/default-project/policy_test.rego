package policy.gitops.default_project_test

import data.lib.testing as t
import data.policy.gitops.default_project as policy

application(spec) := t.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": spec})

test_default if {
	violations := policy.info with input as application({"project": "default"})
	t.fields(violations) == {"/spec/project"}
	count(policy.info) == 1 with input as application({})
}

test_named if {
	count(policy.info) == 0 with input as application({"project": "shop"})
	count(policy.info) == 0 with input as t.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": {"template": {"spec": {"project": "{{ .team }}"}}}})
}
