package policy.gitops.floating_chart_version_test

import data.lib.testing as t
import data.policy.gitops.floating_chart_version as policy

release(chart) := t.create({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {"chart": {"spec": object.union({"chart": "web", "sourceRef": {"kind": "HelmRepository"}}, chart)}}})

test_range if {
	violations := policy.warn with input as release({"version": ">=1.0.0"})
	t.messages(violations) == {"the newest version of chart web is installed, whenever it appears: the version is >=1.0.0"}
	t.fields(violations) == {"/spec/chart/spec/version"}
	every version in ["*", "1.x", "~1.2.0", "^1", "1.2", "1.0.0 - 2.0.0", "1 || 2", "<2.0.0"] {
		count(policy.warn) == 1 with input as release({"version": version})
	}
}

test_missing if {
	violations := policy.warn with input as release({})
	t.fields(violations) == {"/spec/chart/spec/version"}
}

test_exact if {
	every version in ["1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3+build", "=1.2.3", "${VERSION}"] {
		count(policy.warn) == 0 with input as release({"version": version})
	}
}

test_chart_from_git if {
	count(policy.warn) == 0 with input as release({"sourceRef": {"kind": "GitRepository"}})
}

test_chart_ref if {
	count(policy.warn) == 0 with input as t.create({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {"chartRef": {"kind": "OCIRepository"}}})
}

test_helm_chart if {
	violations := policy.warn with input as t.create({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart", "spec": {"chart": "web", "version": "*"}})
	t.fields(violations) == {"/spec/version"}
}
