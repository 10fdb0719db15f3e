package policy.rbac.persistent_volume_creator_test

import data.lib.testing as t
import data.policy.rbac.persistent_volume_creator as policy

rules(groups, resources, verbs) := t.role([{"apiGroups": groups, "resources": resources, "verbs": verbs}])

test_allowed if {
	violations := policy.warn with input as rules([""], ["pods", "persistentvolumes"], ["create"])
	t.messages(violations) == {"PersistentVolumes can be created, and with them access to the files of a node"}
	t.fields(violations) == {"/rules/0/resources/1"}
	count(policy.warn) == 1 with input as rules(["*"], ["persistentvolumes"], ["*"])
}

test_other_group if {
	count(policy.warn) == 0 with input as rules(["acme.example.com"], ["persistentvolumes"], ["create"])
}

test_read if {
	count(policy.warn) == 0 with input as rules([""], ["persistentvolumes"], ["get", "list"])
	count(policy.warn) == 0 with input as rules([""], ["persistentvolumeclaims"], ["create"])
}
