# METADATA
# description: The parts of an image reference, as container runtimes read it.
package lib.image

# `registry` ("docker.io" when the reference names none), `repository`, `tag` and `digest` (empty when absent).
parse(reference) := {"registry": registry, "repository": repository, "tag": tag, "digest": digest} if {
	digest := after(reference, "@")
	named := before(reference, "@")
	parts := split(named, "/")
	last := parts[count(parts) - 1]
	tag := after(last, ":")
	path := array.concat(array.slice(parts, 0, count(parts) - 1), [before(last, ":")])
	registry := registry_of(path)
	repository := repository_of(path)
}

registry_of(path) := path[0] if {
	names_registry(path)
} else := "docker.io"

repository_of(path) := concat("/", array.slice(path, 1, count(path))) if {
	names_registry(path)
} else := concat("/", array.concat(["library"], path)) if {
	count(path) == 1
} else := concat("/", path)

# The first part is a host when it could be nothing else.
names_registry(path) if {
	count(path) > 1
	regex.match(`[.:]|^localhost$`, path[0])
}

before(text, mark) := split(text, mark)[0]

after(text, mark) := substring(text, indexof(text, mark) + 1, -1) if {
	contains(text, mark)
} else := ""

# The reference is complete text: no hole of a template or a substitution is left in it.
is_literal(reference) if {
	is_string(reference)
	reference != ""
	not regex.match(`[$]\{|\{\{|\$\(`, reference)
}
