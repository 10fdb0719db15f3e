# METADATA
# scope: package
# title: An Application of Argo CD is in the project default
# description: |-
#   The project default allows every repository, cluster, namespace and kind, unless somebody restricted it: whoever
#   may change the Application may change the whole cluster.
# related_resources:
# - https://argo-cd.readthedocs.io/en/stable/user-guide/projects/
# custom:
#   id: gitops/default-project
#   severity: info
#   match:
#     kinds:
#     - apiGroups: [argoproj.io]
#       kinds: [Application, ApplicationSet]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Make an AppProject with the repositories and destinations of the team.
package policy.gitops.default_project

import data.lib.review

info contains violation if {
	path := {"Application": ["spec", "project"], "ApplicationSet": ["spec", "template", "spec", "project"]}[review.new.kind]
	object.get(review.new, path, "") in {"", "default"}
	violation := {
		"msg": "the project default sets no bounds to what the Application deploys, and where",
		"field": review.pointer("", path),
	}
}
