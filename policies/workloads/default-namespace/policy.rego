# METADATA
# scope: package
# title: An object lies in the namespace default
# description: |-
#   The namespace default has no owner, no quota and usually no NetworkPolicy, and what lands there is often there
#   because someone forgot the namespace. Only objects that name it are judged.
# custom:
#   id: workloads/default-namespace
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [""]
#       kinds: [ConfigMap, PersistentVolumeClaim, Pod, Secret, Service]
#     - apiGroups: [apps]
#       kinds: [DaemonSet, Deployment, StatefulSet]
#     - apiGroups: [batch]
#       kinds: [CronJob, Job]
#     - apiGroups: [networking.k8s.io]
#       kinds: [Ingress]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Give it a namespace of its own.
package policy.workloads.default_namespace

import data.lib.review

warn contains violation if {
	review.new.metadata.namespace == "default"
	violation := {"msg": "the namespace is default", "field": "/metadata/namespace"}
}
