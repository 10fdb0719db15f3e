package policy.gitops.volume_lost_on_delete_test

import data.lib.testing as t
import data.policy.gitops.volume_lost_on_delete as policy

volume(reclaim) := {"kind": "PersistentVolume", "spec": {"persistentVolumeReclaimPolicy": reclaim}}

retention(value) := {"kind": "StatefulSet", "spec": {"persistentVolumeClaimRetentionPolicy": value}}

test_volume if {
	violations := policy.warn with input as t.create(volume("Delete"))
	t.fields(violations) == {"/spec/persistentVolumeReclaimPolicy"}
	count(policy.warn) == 1 with input as t.update(volume("Retain"), volume("Delete"))
}

test_stateful_set if {
	violations := policy.warn with input as t.create(retention({"whenDeleted": "Retain", "whenScaled": "Delete"}))
	t.fields(violations) == {"/spec/persistentVolumeClaimRetentionPolicy/whenScaled"}
}

test_as_before if {
	count(policy.warn) == 0 with input as t.update(volume("Delete"), volume("Delete"))
}

test_retained if {
	count(policy.warn) == 0 with input as t.create(volume("Retain"))
	count(policy.warn) == 0 with input as t.create({"kind": "PersistentVolume", "spec": {}})
	count(policy.warn) == 0 with input as t.create(retention(null))
}
