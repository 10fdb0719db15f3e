# METADATA
# scope: package
# title: A chart's version is a range, or missing
# description: |-
#   Flux installs the newest version that the range allows, whenever it appears: the cluster changes without a
#   commit, and a revert does not bring the old one back. Charts from a GitRepository or Bucket have no version to
#   name.
# related_resources:
# - https://fluxcd.io/flux/components/helm/helmreleases/#chart-template
# custom:
#   id: gitops/floating-chart-version
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [helm.toolkit.fluxcd.io]
#       kinds: [HelmRelease]
#     - apiGroups: [source.toolkit.fluxcd.io]
#       kinds: [HelmChart]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name one version, and let a bot raise it.
package policy.gitops.floating_chart_version

import data.lib.review
import data.lib.source

warn contains violation if {
	chart := chart_of(review.new)
	not object.get(chart.value, ["sourceRef", "kind"], "") in {"GitRepository", "Bucket"}
	source.floats(object.get(chart.value, "version", ""))
	violation := {
		"msg": sprintf("the newest version of chart %v is installed, whenever it appears: %s", [object.get(chart.value, "chart", ""), source.described(object.get(chart.value, "version", ""))]),
		"field": review.pointer(chart.at, ["version"]),
	}
}

chart_of(new) := {"at": "/spec/chart/spec", "value": new.spec.chart.spec} if {
	new.kind == "HelmRelease"
	is_object(new.spec.chart.spec)
}

chart_of(new) := {"at": "/spec", "value": new.spec} if {
	new.kind == "HelmChart"
	is_object(new.spec)
}
