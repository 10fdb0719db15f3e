//! CronJobs.

use super::{failure, job_spec};
use crate::schema::stored::Places;
use crate::schema::text::{cron, zone};
use crate::schema::values::{Cx, Read, core, printed};
use crate::yaml::{Kind, Value};

/// The longest name. The names of its Jobs are eleven characters longer, and are labels.
const NAME: usize = 52;

/// `ValidateCronJobCreate`
pub(super) fn cron_job<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    core::name_of_host(cx, object, "Pod names and hostnames");
    if let Some(metadata) = object.get("metadata").filter(|metadata| name_length(*metadata) > NAME) {
        cx.on_create(|cx| cx.invalid(metadata.at("name"), format_args!("must be no more than {NAME} characters")));
    }
    let Some(spec) = object.get("spec") else { return };
    schedule(cx, spec);
    if let Some(name) = spec.text_if("timeZone") {
        cx.invalid_each(spec.at("timeZone"), zone::check(name));
    }
    if let Some(template) = spec.get("jobTemplate").filter(|template| template.kind() == Kind::Mapping) {
        job_template(cx, template);
    }
}

/// The server adds five characters to what a name is generated from, and shortens that to 58.
fn name_length(metadata: Value<'_>) -> usize {
    match (metadata.text("name").len(), metadata.text("generateName").len()) {
        (0, prefix @ 1..) => prefix.min(58) + 5,
        (length, _) => length,
    }
}

fn schedule<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let (text, at) = (spec.text("schedule"), spec.at("schedule"));
    if text.is_empty() {
        cx.required(at, "");
        return;
    }
    if let Err(why) = cron::check(text) {
        cx.invalid(at, why);
    }
    if text.contains("TZ") {
        cx.invalid(at, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    }
}

/// `ValidateJobTemplateSpec`: the selectors of its Jobs are always generated.
fn job_template<'a>(cx: &mut Cx<'a>, template: Value<'a>) {
    let Some(spec) = template.get("spec").filter(|spec| spec.kind() == Kind::Mapping) else { return };
    job_spec::job_spec(cx, spec);
    cx.before(job_spec::MANAGED, |cx| job_spec::managed_by(cx, spec));
    cx.before(34, |cx| failure::statuses(cx, spec));
    if spec.has("selector") {
        cx.invalid(spec.at("selector"), "`selector` will be auto-generated");
    }
    let manual = spec.at("manualSelector");
    if spec.flag("manualSelector") {
        let message = format!("Unsupported value: {}: supported values: \"nil\", \"false\"", printed(manual));
        cx.push(crate::schema::problem::Cause::NotSupported, manual, message);
    }
}
