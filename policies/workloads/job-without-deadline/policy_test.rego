package policy.workloads.job_without_deadline_test

import data.lib.testing as t
import data.policy.workloads.job_without_deadline as policy

test_job if {
	violations := policy.info with input as t.create({"kind": "Job", "spec": {"template": {"spec": {}}}})
	t.fields(violations) == {"/spec/activeDeadlineSeconds"}
}

test_cron_job if {
	violations := policy.info with input as t.cron_job({})
	t.fields(violations) == {"/spec/jobTemplate/spec/activeDeadlineSeconds"}
}

test_deadline if {
	count(policy.info) == 0 with input as t.create({"kind": "Job", "spec": {"activeDeadlineSeconds": 60, "template": {"spec": {}}}})
	count(policy.info) == 0 with input as t.cron_job({"activeDeadlineSeconds": 60})
}
