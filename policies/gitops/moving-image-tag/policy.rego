# METADATA
# scope: package
# title: An image has a tag that moves
# description: |-
#   Tags such as main, stable or 1 are pushed again and again: the cluster changes without a commit, and a revert
#   does not bring the old program back. Missing tags and latest are judged by workloads/latest-image-tag.
# custom:
#   id: gitops/moving-image-tag
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [Pod, PodTemplate, ReplicationController]
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, ReplicaSet, StatefulSet]
#     - apiGroups: [batch]
#       kinds: [CronJob, Job]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Name a whole version, or a digest, and let a bot raise it.
package policy.gitops.moving_image_tag

import data.lib.image
import data.lib.pod

words := {
	"canary",
	"current",
	"dev",
	"develop",
	"development",
	"edge",
	"head",
	"lts",
	"main",
	"master",
	"nightly",
	"prod",
	"production",
	"release",
	"rolling",
	"snapshot",
	"stable",
	"staging",
	"test",
	"trunk",
	"unstable",
}

moving(tag) if lower(tag) in words

# A major version, such as 1 or v2, with or without a flavour such as -alpine. Two numbers are a whole version for some
# projects, and left alone.
moving(tag) if regex.match(`^v?[0-9]{1,2}(-[a-z]+)?$`, tag)

warn contains violation if {
	some container in pod.containers
	reference := container.value.image
	is_string(reference)
	parts := image.parse(reference)
	parts.digest == ""
	moving(parts.tag)
	violation := {
		"msg": sprintf(`container "%s" runs %s, and the tag %s moves: the cluster changes without a commit`, [container.name, reference, parts.tag]),
		"field": concat("", [container.at, "/image"]),
	}
}
