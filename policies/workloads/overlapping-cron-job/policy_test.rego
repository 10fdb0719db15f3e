package policy.workloads.overlapping_cron_job_test

import data.lib.testing as t
import data.policy.workloads.overlapping_cron_job as policy

cron(spec) := t.create({"kind": "CronJob", "spec": spec})

test_absent if {
	violations := policy.info with input as cron({"schedule": "* * * * *"})
	t.fields(violations) == {"/spec/concurrencyPolicy"}
}

test_allow_is_the_default if {
	count(policy.info) == 1 with input as cron({"concurrencyPolicy": "Allow"})
}

test_said if {
	count(policy.info) == 0 with input as cron({"concurrencyPolicy": "Replace"})
	count(policy.info) == 0 with input as cron({"concurrencyPolicy": "Forbid"})
}

test_suspended if {
	count(policy.info) == 0 with input as cron({"suspend": true})
}
