# METADATA
# scope: package
# title: An image is not named by digest
# description: |-
#   Whoever can push to a registry can move any tag. A digest says exactly which image was reviewed, whatever
#   happens to the tag; a tag beside it keeps it readable. For repositories that a bot keeps up to date.
# custom:
#   id: gitops/image-without-digest
#   severity: info
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
#     Add the digest behind the tag; Renovate and Flux image automation can do it.
package policy.gitops.image_without_digest

import data.lib.image
import data.lib.pod

info contains violation if {
	some container in pod.containers
	reference := container.value.image
	image.is_literal(reference)
	image.parse(reference).digest == ""
	violation := {
		"msg": sprintf(`container "%s" runs %s: without a digest the registry decides what that is`, [container.name, reference]),
		"field": concat("", [container.at, "/image"]),
	}
}
