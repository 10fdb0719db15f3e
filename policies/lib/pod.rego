# METADATA
# description: The Pod that an object is, or that it makes from a template, with JSON pointers into the object.
package lib.pod

import data.lib.review

# Where the kinds of Kubernetes keep the Pod.
places := {
	"/Pod": "",
	"/PodTemplate": "/template",
	"/ReplicationController": "/spec/template",
	"apps/DaemonSet": "/spec/template",
	"apps/Deployment": "/spec/template",
	"apps/ReplicaSet": "/spec/template",
	"apps/StatefulSet": "/spec/template",
	"batch/CronJob": "/spec/jobTemplate/spec/template",
	"batch/Job": "/spec/template",
}

# The pointer of the Pod or template; undefined for other kinds.
at := places[sprintf("%s/%s", [input.review.kind.group, input.review.kind.kind])]

# The Pod or template: `metadata` and `spec`.
template := template_of(review.new, at)

template_of(owner, "") := owner

template_of(owner, "/template") := owner.template

template_of(owner, "/spec/template") := owner.spec.template

template_of(owner, "/spec/jobTemplate/spec/template") := owner.spec.jobTemplate.spec.template

spec := template.spec if is_object(template.spec)

spec_at := concat("", [at, "/spec"])

annotations := template.metadata.annotations if {
	is_object(template.metadata.annotations)
} else := {}

labels := template.metadata.labels if {
	is_object(template.metadata.labels)
} else := {}

# Init, regular and ephemeral containers: `list`, `index`, `name`, the container as `value`, and its pointer `at`.
containers := [container |
	some list in ["initContainers", "containers", "ephemeralContainers"]
	some item in review.items(object.get(spec, list, []))
	is_object(item.value)
	container := {
		"list": list,
		"index": item.index,
		"name": name_of(item.value),
		"value": item.value,
		"at": sprintf("%s/%s/%d", [spec_at, list, item.index]),
	}
]

# Those that run as long as the Pod does: the regular ones and the sidecars among the init containers.
running := [container | some container in containers; runs_on(container)]

runs_on(container) if container.list == "containers"

runs_on(container) if {
	container.list == "initContainers"
	container.value.restartPolicy == "Always"
}

name_of(value) := value.name if {
	is_string(value.name)
} else := ""

# Volumes: `name`, the volume as `value`, and its pointer `at`.
volumes := [volume |
	some item in review.items(object.get(spec, "volumes", []))
	is_object(item.value)
	volume := {
		"name": name_of(item.value),
		"value": item.value,
		"at": sprintf("%s/volumes/%d", [spec_at, item.index]),
	}
]

# The Pod and its containers, each with its security context: `owner` is how Pod Security speaks of it, `at` the
# pointer of the security context.
security_contexts := array.concat(
	[{"owner": "pod", "value": value, "at": concat("", [spec_at, "/securityContext"])} |
		value := spec.securityContext
		is_object(value)
	],
	[{"owner": sprintf(`container "%s"`, [container.name]), "value": value, "at": concat("", [container.at, "/securityContext"])} |
		some container in containers
		value := container.value.securityContext
		is_object(value)
	],
)

is_windows if spec.os.name == "windows"

# The Pod runs in a user namespace of its own.
in_user_namespace if spec.hostUsers == false
