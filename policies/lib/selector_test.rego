package lib.selector_test

import data.lib.selector

labels := {"app": "web", "tier": "front"}

expression(key, operator, values) := {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}

test_labels if {
	selector.matches({"matchLabels": {"app": "web"}}, labels)
	not selector.matches({"matchLabels": {"app": "api"}}, labels)
	not selector.matches({"matchLabels": {"app": "web", "zone": "a"}}, labels)
}

test_nothing_asked_for_is_everything if {
	selector.matches({}, labels)
	selector.matches({"matchLabels": null}, labels)
}

test_expressions if {
	selector.matches(expression("app", "In", ["web", "api"]), labels)
	not selector.matches(expression("app", "In", ["api"]), labels)
	selector.matches(expression("app", "NotIn", ["api"]), labels)
	selector.matches(expression("zone", "NotIn", ["api"]), labels)
	not selector.matches(expression("app", "NotIn", ["web"]), labels)
	selector.matches(expression("tier", "Exists", []), labels)
	not selector.matches(expression("zone", "Exists", []), labels)
	selector.matches(expression("zone", "DoesNotExist", []), labels)
	not selector.matches(expression("tier", "DoesNotExist", []), labels)
}

test_all_must_hold if {
	not selector.matches(object.union({"matchLabels": {"app": "web"}}, expression("tier", "In", ["back"])), labels)
}

test_workloads if {
	template := {"metadata": {"labels": labels}, "spec": {}}
	inventory := {"namespace": {"shop": {
		"apps/v1": {"Deployment": {"web": {"spec": {"template": template}}}},
		"batch/v1": {"CronJob": {"night": {"spec": {"jobTemplate": {"spec": {"template": template}}}}}},
		"v1": {"ConfigMap": {"web": {"data": {}}}},
		"acme.io/v1": {"Deployment": {"other": {"spec": {"template": template}}}},
	}}}
	found := selector.workloads("shop") with data.inventory as inventory
	{workload.name | some workload in found; workload.labels == labels} == {"web", "night"}
	count(found) == 2
	count(selector.workloads("elsewhere")) == 0 with data.inventory as inventory
}
