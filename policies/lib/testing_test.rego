# METADATA
# description: Requests for the tests of policies.
package lib.testing

groups := {
	"ClusterRole": "rbac.authorization.k8s.io",
	"ClusterRoleBinding": "rbac.authorization.k8s.io",
	"CronJob": "batch",
	"DaemonSet": "apps",
	"Deployment": "apps",
	"Job": "batch",
	"Role": "rbac.authorization.k8s.io",
	"RoleBinding": "rbac.authorization.k8s.io",
	"StatefulSet": "apps",
}

gvk(value) := {"group": parts[0], "version": parts[1], "kind": value.kind} if {
	parts := split(value.apiVersion, "/")
	count(parts) == 2
} else := {"group": object.get(groups, value.kind, ""), "version": "v1", "kind": value.kind}

request(operation, new, old) := {
	"review": {
		"operation": operation,
		"kind": gvk([o | some o in [new, old]; o != null][0]),
		"namespace": "shop",
		"name": "web",
		"object": new,
		"oldObject": old,
	},
	"params": {},
}

create(new) := request("CREATE", new, null)

update(old, new) := request("UPDATE", new, old)

delete(old) := request("DELETE", null, old)

pod(spec) := create({"kind": "Pod", "metadata": {"name": "web"}, "spec": spec})

# A Pod of one container.
container(value) := pod({"containers": [object.union({"name": "app", "image": "nginx:1.27.3"}, value)]})

deployment(spec) := create({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": spec}}})

cron_job(spec) := create({"kind": "CronJob", "metadata": {"name": "web"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}})

with_params(request, params) := object.union(request, {"params": params})

role(rules) := create({"kind": "ClusterRole", "metadata": {"name": "web"}, "rules": rules})

binding(role, subjects) := create({
	"kind": "ClusterRoleBinding",
	"metadata": {"name": "web"},
	"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
	"subjects": subjects,
})

# The inventory of a list of objects.
inventory(objects) := {
	"namespace": {namespace: {api_version: {kind: {o.metadata.name: o |
		some o in objects
		o.metadata.namespace == namespace
		o.apiVersion == api_version
		o.kind == kind
	} |
		some kind in {o.kind | some o in objects; o.apiVersion == api_version}
	} |
		some api_version in {o.apiVersion | some o in objects}
	} |
		some namespace in {o.metadata.namespace | some o in objects}
	},
	"cluster": {},
}

# What a set of violations points at, and what it says.
fields(violations) := {violation.field | some violation in violations}

messages(violations) := {violation.msg | some violation in violations}
