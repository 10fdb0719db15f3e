# METADATA
# description: What the controls of the Pod Security Standards share.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/
package lib.pod_security

import data.lib.pod
import data.lib.review

# The minor of the standards that hold, as the label `pod-security.kubernetes.io/enforce-version` names it. What is
# no version is the latest, as for the admission plugin.
minor := to_number(trim_prefix(review.param("version", "latest"), "v1.")) if {
	regex.match(`^v1\.[0-9]{1,4}$`, review.param("version", "latest"))
} else := 10000

# Names in quotation marks, as the admission plugin lists them.
quoted(names) := concat(", ", [sprintf(`"%s"`, [name]) | some name in names])

# "container" or "containers".
plural(word, things) := word if {
	count(things) == 1
} else := concat("", [word, "s"])

# Windows Pods cannot set fields of Linux, and need not since 1.25.
exempt_as_windows if {
	pod.is_windows
	minor >= 25
}

# Root in a user namespace is nobody outside of it, since 1.35.
exempt_by_user_namespace if {
	pod.in_user_namespace
	minor >= 35
}

# A security context's field has a value that is neither absent nor allowed.
forbidden_profile(context, field, allowed) := type if {
	profile := context.value[field]
	is_object(profile)
	type := object.get(profile, "type", "")
	not type in allowed
}
