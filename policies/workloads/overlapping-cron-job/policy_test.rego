package policy.workloads.overlapping_cron_job_test

import data.lib.testing as t
import data.policy.workloads.overlapping_cron_job as policy

cron(spec) := t.create({"kind": "CronJob", "spec": spec})

test_absent if {
	violations := policy.warn with input as cron({"schedule": "* * * * *"})
	t.fields(violations) == {"/spec/concurrencyPolicy"}
}

test_said if {
	count(policy.warn) == 0 with input as cron({"concurrencyPolicy": "Allow"})
	count(policy.warn) == 0 with input as cron({"concurrencyPolicy": "Forbid"})
}

test_suspended if {
	count(policy.warn) == 0 with input as cron({"suspend": true})
}
