//! `batch`: Jobs and CronJobs.

mod cron_job;
mod failure;
mod job;
mod job_spec;
mod job_update;
mod success;

use super::{Cx, pod};
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    let template: &[&str] = match kind.kind() {
        "Job" => &["spec", "template"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        _ => return,
    };
    if kind.kind() == "Job" {
        job::defaults(stored);
    }
    if let Some(template) = stored.root().path(template).map(Value::id) {
        pod::template_defaults(stored, template);
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "Job" => job::job(cx, object),
        "CronJob" => cron_job::cron_job(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    if kind.kind() == "Job" {
        job_update::job_update(cx, new, old);
    }
}
