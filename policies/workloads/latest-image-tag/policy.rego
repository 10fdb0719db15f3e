# METADATA
# scope: package
# title: An image has no tag, or the tag latest
# description: |-
#   What such an image is depends on when a node pulled it. Two Pods of one Deployment can run different programs, a
#   rollback changes nothing, and no commit says what ran. References with a hole that a template fills are left
#   alone.
# related_resources:
# - https://kubernetes.io/docs/concepts/containers/images/
# custom:
#   id: workloads/latest-image-tag
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
#     Name a version, or better a digest.
package policy.workloads.latest_image_tag

import data.lib.image
import data.lib.pod

warn contains violation if {
	some container in pod.containers
	reference := container.value.image
	image.is_literal(reference)
	parts := image.parse(reference)
	parts.digest == ""
	reason := wrong[parts.tag]
	violation := {
		"msg": sprintf(`container "%s" runs %s, whatever that is when its node pulls it: %s`, [container.name, reference, reason]),
		"field": concat("", [container.at, "/image"]),
	}
}

wrong := {"": "no tag", "latest": "the tag latest"}
