# METADATA
# description: Which workloads an autoscaler of the repository scales.
package lib.scaling

import data.lib.review

# The kinds of autoscalers, and their API groups.
kinds := {"HorizontalPodAutoscaler": "autoscaling", "ScaledObject": "keda.sh"}

# The autoscalers of a namespace that scale a workload: `kind` and `name`.
scalers(namespace, workload_kind, workload_name) := [{"kind": kind, "name": name} |
	some api_version, objects in data.inventory.namespace[namespace]
	some kind, group in kinds
	review.group(api_version) == group
	some name, scaler in objects[kind]
	scales(scaler, workload_kind, workload_name)
]

# KEDA scales a Deployment when no kind is named.
scales(scaler, workload_kind, workload_name) if {
	scaler.spec.scaleTargetRef.name == workload_name
	object.get(scaler, ["spec", "scaleTargetRef", "kind"], "Deployment") == workload_kind
}
