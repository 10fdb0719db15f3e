//! Jobs: what the server fills in, and the selector that it generates.

use serde_json::json;

use super::job_spec;
use crate::schema::stored::{Places, Stored};
use crate::schema::text::name;
use crate::schema::values::workload::{self, Label, Labels};
use crate::schema::values::{Cx, Read, core, selector};
use crate::yaml::{Kind, Value};

/// What the server labels the Pods of a Job with: its name, and its UID, which is new.
const OF_NAME: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
const OF_UID: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/// `SetDefaults_Job`
pub(super) fn defaults(stored: &mut Stored) {
    let Some(spec) = stored.root().get("spec").filter(|spec| spec.kind() == Kind::Mapping) else { return };
    let limit = if spec.has("backoffLimitPerIndex") { i32::MAX } else { 6 };
    let replacement = if spec.has("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    let all = [
        ("completions", json!(1)),
        ("parallelism", json!(1)),
        ("backoffLimit", json!(limit)),
        ("completionMode", json!("NonIndexed")),
        ("suspend", json!(false)),
        ("podReplacementPolicy", json!(replacement)),
        ("manualSelector", json!(false)),
    ];
    let is_missing = |field: &str| match field {
        // Only where nothing says how many Pods there are at once.
        "completions" => !spec.has("completions") && !spec.has("parallelism"),
        _ => !spec.has(field),
    };
    let missing: Vec<_> = all.into_iter().filter(|(field, _)| is_missing(field)).collect();
    let node = spec.id();
    let labels = spec.path(&["template", "metadata", "labels"]).map(Value::to_json);
    for (field, value) in missing {
        stored.add(node, field, &value);
    }
    if let Some(serde_json::Value::Object(labels)) = labels {
        core::fill_map(stored, "metadata", "labels", &labels);
    }
}

/// `ValidateJob`
pub(super) fn job<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    core::name_of_host(cx, object, "Pod names and hostnames");
    let Some(spec) = object.get("spec").filter(|spec| spec.kind() == Kind::Mapping) else { return };
    let metadata = object.get("metadata");
    let name = metadata.map_or("", |metadata| metadata.text("name"));
    let labels = Labels::of_template(spec);
    let is_manual = spec.flag("manualSelector");
    // What the server generated before belongs to nobody, and stays.
    let stays = !spec.has("selector") && cx.old.is_some_and(|old| is_generated(object, old));
    let is_generated_now = !is_manual && cx.old.is_none();
    if !spec.has("selector") && !stays && !is_generated_now {
        job_spec::job_spec(cx, spec);
        cx.required(spec.at("selector"), "");
        workload::labels_must_match(cx, spec);
    } else {
        if !is_manual {
            // Since 1.37 an update is not asked for what a new Job must have, and cannot change it.
            let asked = if cx.is_update() { 37 } else { u8::MAX };
            cx.before(asked, |cx| generated_labels(cx, object, spec, &labels, name));
        }
        job_spec::job_spec(cx, spec);
        selector::label_selector(cx, spec, "selector");
        if stays && !is_manual && labels.get(OF_UID[1]).is_some() {
            workload::labels_must_match(cx, spec);
        }
        if !stays && !workload::is_unclear(cx, spec) {
            selected(cx, spec, &labels, name);
        }
    }
    // The Pods' host names end in their index.
    if let Some(completions) = spec.int("completions").filter(|completions| *completions > 0)
        && job_spec::is_indexed(spec)
        && let Some(metadata) = metadata.filter(|_| !name.is_empty())
    {
        let host = format!("{name}-{}", completions - 1);
        if !name::dns_label(&host).is_empty() {
            let why = format_args!("will not able to create pod with invalid DNS label: {host}");
            cx.invalid(metadata.at("name"), why);
        }
    }
}

/// The selector is still the one that the server generated.
fn is_generated(object: Value<'_>, old: Value<'_>) -> bool {
    !old.get("spec").is_some_and(|old| old.flag("manualSelector"))
        && workload::stays(object, old, &["spec", "selector"])
}

/// Labels that the server would generate must be what it would generate.
fn generated_labels<'a>(cx: &mut Cx<'a>, object: Value<'a>, spec: Value<'a>, labels: &Labels<'a>, name: &str) {
    let of_labels = ["spec", "template", "metadata", "labels"];
    if cx.old.is_some_and(|old| !workload::stays(object, old, &of_labels)) {
        // They went with the labels that the manifest had.
        let at = spec.at("template.metadata.labels");
        for key in OF_UID.into_iter().chain(OF_NAME) {
            cx.required(at, &format!("must be '{name}'"));
            cx.called_at(at, &format!("[{key}]"));
            cx.points_to(key);
        }
        workload::labels_must_match(cx, spec);
        return;
    }
    for label in OF_UID.into_iter().filter_map(|key| labels.get(key)) {
        cx.invalid(label.here(), "must be the uid that the server gives to the Job");
    }
    for label in OF_NAME.into_iter().filter_map(|key| labels.get(key)) {
        if name.is_empty() || label.as_str() != Some(name) {
            cx.invalid(label.here(), format_args!("must be '{name}'"));
        }
    }
    // The label that is generated from a name must be one.
    if let Some(template) = spec.get("template").filter(|_| OF_NAME.into_iter().any(|key| labels.get(key).is_none())) {
        cx.invalid_shown_each(template.at("labels"), format_args!("{name:?}"), name::label_value(name));
    }
}

/// The selector must find Pods with the labels that are generated, and those of the template.
fn selected<'a>(cx: &mut Cx<'a>, spec: Value<'a>, labels: &Labels<'a>, name: &'a str) {
    let selector = spec.get("selector");
    if spec.flag("manualSelector") {
        let found = workload::selects(cx, selector, |key| workload::label_of(cx, labels, key));
        if matches!(found, Ok(false)) {
            workload::labels_must_match(cx, spec);
        }
        return;
    }
    // A UID and a generated name are texts that nobody could have written.
    let generated = |key: &str| match key {
        _ if OF_NAME.contains(&key) && !name.is_empty() => Label::Is(name),
        _ if OF_NAME.contains(&key) || OF_UID.contains(&key) => Label::Is("\0"),
        _ => Label::Absent,
    };
    let finds = |label: &dyn Fn(&str) -> Label<'a>| match selector {
        None => true,
        Some(_) => workload::selects(cx, selector, label).unwrap_or(true),
    };
    let is_generated = finds(&generated);
    let finds_template = finds(&|key| match labels.get(key) {
        Some(_) => workload::label_of(cx, labels, key),
        None => generated(key),
    });
    // The server adds the UID to the selector.
    let asks_uid = selector.and_then(|selector| selector.get("matchLabels")).is_some_and(|asked| asked.has(OF_UID[1]));
    if !is_generated {
        let asked = if cx.is_update() { 37 } else { u8::MAX };
        cx.before(asked, |cx| cx.invalid(spec.at("selector"), "`selector` not auto-generated"));
    }
    if !finds_template || (!asks_uid && labels.get(OF_UID[1]).is_some()) {
        workload::labels_must_match(cx, spec);
    }
}
