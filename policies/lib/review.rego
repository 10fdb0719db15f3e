# METADATA
# description: What is asked for, read without stumbling over what is missing, null or of another type.
package lib.review

# The object after the change; undefined when it is deleted.
new := input.review.object if is_object(input.review.object)

# The object before the change; undefined when it is created.
old := input.review.oldObject if is_object(input.review.oldObject)

annotations := new.metadata.annotations if {
	is_object(new.metadata.annotations)
} else := {}

labels := new.metadata.labels if {
	is_object(new.metadata.labels)
} else := {}

old_annotations := old.metadata.annotations if {
	is_object(old.metadata.annotations)
} else := {}

old_labels := old.metadata.labels if {
	is_object(old.metadata.labels)
} else := {}

# A policy's parameter, or what it is when nobody sets it.
param(name, fallback) := object.get(object.get(input, "params", {}), name, fallback)

# The namespace that the object goes to; undefined when it has none, or the manifest leaves it open.
namespace := new.metadata.namespace if {
	is_string(new.metadata.namespace)
} else := input.review.namespace if {
	is_string(input.review.namespace)
}

# `group/version` without the version.
group(api_version) := split(api_version, "/")[0] if {
	contains(api_version, "/")
} else := ""

# A list's items with their index; none when it is no list.
items(value) := [{"index": index, "value": item} | some index, item in value] if {
	is_array(value)
} else := []

# A list, or the empty one when it is something else.
list(value) := value if {
	is_array(value)
} else := []

# A mapping, or the empty one when it is something else.
map(value) := value if {
	is_object(value)
} else := {}

# A part of a JSON pointer.
escape(key) := replace(replace(key, "~", "~0"), "/", "~1")

# The JSON pointer of a path below the pointer `at`, whether there is something or not: what is missing is found at what
# lacks it.
pointer(at, path) := concat("/", array.concat([at], [escape(key) | some key in path]))
