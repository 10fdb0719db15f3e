# METADATA
# scope: package
# title: An environment variable seems to hold a secret
# description: |-
#   A password in a manifest is in Git for everybody and for ever, and in the output of every describe. Keep it in a
#   Secret that is encrypted in Git or comes from a secret store, and refer to it. The value is never shown.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/secret/
# custom:
#   id: workloads/secret-in-env
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
#     Put it into a Secret, refer to it with valueFrom.secretKeyRef, and change the password: it is in the history.
package policy.workloads.secret_in_env

import data.lib.pod
import data.lib.review

# The last word of the name is what the value is: DB_PASSWORD is a password, PASSWORD_FILE a file.
name_of_secret(name) if regex.match(
	`(?i)(^|_)(password|passwd|pwd|passphrase|secret|token|api_?key|access_?key|secret_?key|private_?key|client_?secret|credentials?)$`,
	name,
)

# What is no secret: nothing, references, switches, numbers, paths, and what is left to be filled in.
harmless(value) if value == ""

harmless(value) if regex.match(`\$[({]|\{\{`, value)

harmless(value) if regex.match(`(?i)^(true|false|yes|no|on|off|none|null|disabled|enabled|[0-9]{1,4})$`, value)

harmless(value) if regex.match(`^(/|\./|file:|vault:|ref\+|op://|arn:|projects/)`, value)

harmless(value) if regex.match(`(?i)^(<.*>|changeme|change-me|todo|redacted|x+|\*+)$`, value)

harmless(value) if regex.match(`^ENC\[`, value)

warn contains violation if {
	some variable in variables
	name_of_secret(variable.name)
	not harmless(variable.value)
	violation := {
		"msg": sprintf(`the variable %s of container "%s" seems to hold a secret`, [variable.name, variable.container]),
		"field": variable.at,
	}
}

warn contains violation if {
	some variable in variables
	not name_of_secret(variable.name)
	regex.match(`^[a-z][a-z0-9+.-]*://[^/:@\s]+:[^/@\s$]+@`, variable.value)
	violation := {
		"msg": sprintf(`the URL in the variable %s of container "%s" seems to hold a password`, [variable.name, variable.container]),
		"field": variable.at,
	}
}

variables := [variable |
	some container in pod.containers
	some item in review.items(object.get(container.value, "env", []))
	is_string(item.value.name)
	is_string(item.value.value)
	variable := {
		"name": item.value.name,
		"value": item.value.value,
		"container": container.name,
		"at": sprintf("%s/env/%d/value", [container.at, item.index]),
	}
]
