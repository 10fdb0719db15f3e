# METADATA
# description: Versions by which Flux and Argo CD choose what to deploy.
package lib.source

# A range of versions, or none: what is chosen changes without a commit. A hole that a template fills is no range.
floats(version) if version in {"", null}

floats(version) if {
	is_string(version)
	version != ""
	not regex.match(`[$]\{|\{\{`, version)
	not regex.match(`^=?v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$`, version)
}

# How a version is called in a message.
described(version) := "there is no version" if {
	version in {"", null}
} else := sprintf("the version is %v", [version])
