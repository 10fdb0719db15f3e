# METADATA
# scope: package
# title: A role creates PersistentVolumes
# description: |-
#   A PersistentVolume may be a hostPath: whoever creates one reads and writes the files of a node, whatever Pod
#   Security says. Programs claim storage and let a provisioner create the volume.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation
# custom:
#   id: rbac/persistent-volume-creator
#   severity: warning
#   match:
#     kinds:
#     - apiGroups: [rbac.authorization.k8s.io]
#       kinds: [ClusterRole, Role]
#     operations: [CREATE, UPDATE]
#   help: >-
#     Claim storage with a PersistentVolumeClaim. Provisioners need this right: suppress the rule for them.
package policy.rbac.persistent_volume_creator

import data.lib.rbac

warn contains violation if {
	some rule in rbac.rules
	field := rbac.names_resource(rule, "", {"persistentvolumes"})
	rbac.allows(rule, {"create"})
	violation := {"msg": "PersistentVolumes can be created, and with them access to the files of a node", "field": field}
}
