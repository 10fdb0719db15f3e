//! What a Job does, in a Job or in the template of a CronJob.

use super::{failure, success};
use crate::schema::stored::Places;
use crate::schema::text::path;
use crate::schema::values::{Cx, Read, pod};
use crate::yaml::{Origin, Value};

/// The largest parallelism, and the largest number of failed indexes, of an indexed Job.
const MOST: i64 = 100_000;
/// More completions than this have tighter limits.
const MANY: i64 = 100_000;
/// The limits of an indexed Job with very many completions.
const MOST_OF_MANY: i64 = 10_000;

/// `validateJobSpec`
pub(super) fn job_spec<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if spec.has("maxFailedIndexes") && !spec.has("backoffLimitPerIndex") {
        cx.required(spec.at("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    cx.since(MANAGED, |cx| managed_by(cx, spec));
    completion_mode(cx, spec);
    if spec.has("podFailurePolicy") {
        failure::pod_failure_policy(cx, spec);
    }
    if let Some(policy) = spec.get("successPolicy") {
        if is_indexed(spec) {
            success::success_policy(cx, spec, policy);
        } else {
            cx.invalid(spec.at("successPolicy"), "requires indexed completion mode");
        }
    }
    replacement_policy(cx, spec);
    pod::template(cx, spec, "template");
    restart_policy(cx, spec);
    let count = |field: &str| spec.int(field).unwrap_or_default();
    if is_indexed(spec) && count("completions") > MANY && count("parallelism") > MOST_OF_MANY {
        cx.warn(
            spec.here(),
            "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes \
             might not be able to track completedIndexes when a big number of indexes fail",
        );
    }
}

/// Each completion has an index.
pub(super) fn is_indexed(spec: Value<'_>) -> bool {
    spec.text("completionMode") == "Indexed"
}

/// From this minor on, a new Job says who manages it. Before, the server dropped that, but not from a Job that was there,
/// nor from a template.
pub(super) const MANAGED: u8 = 32;

pub(super) fn managed_by<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(text) = spec.text_if("managedBy") else { return };
    let at = spec.at("managedBy");
    if text.is_empty() {
        cx.required(at, "");
    }
    cx.invalid_each(at, path::domain_prefixed(text));
    if text.len() > 63 {
        cx.too_long(at, 63);
    }
}

fn completion_mode<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    match spec.text_if("completionMode") {
        Some("Indexed") => indexed(cx, spec),
        None | Some("NonIndexed") => {
            for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if spec.has(field) && spec.get("completionMode").is_none_or(|mode| mode.as_str().is_some()) {
                    cx.invalid(spec.at(field), "requires indexed completion mode");
                }
            }
        }
        Some(_) => cx.not_supported(spec.at("completionMode"), &["NonIndexed", "Indexed"]),
    }
}

fn indexed<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let completions = spec.int("completions");
    let parallelism = spec.int("parallelism").unwrap_or_default();
    let failed = spec.int("maxFailedIndexes");
    if !spec.has("completions") {
        cx.required(spec.at("completions"), "when completion mode is Indexed");
    }
    if parallelism > MOST {
        let why = format_args!("must be less than or equal to {MOST} when completion mode is Indexed");
        cx.invalid(spec.at("parallelism"), why);
    }
    if failed.zip(completions).is_some_and(|(failed, completions)| failed > completions) {
        cx.invalid(spec.at("maxFailedIndexes"), "must be less than or equal to completions");
    }
    let failed = failed.unwrap_or_default();
    if failed > MOST {
        cx.invalid(spec.at("maxFailedIndexes"), format_args!("must be less than or equal to {MOST}"));
    }
    if !(completions.is_some_and(|completions| completions > MANY) && spec.has("backoffLimitPerIndex")) {
        return;
    }
    if !spec.has("maxFailedIndexes") {
        cx.required(spec.at("maxFailedIndexes"), &format!("must be specified when completions is above {MANY}"));
    }
    for (field, number) in [("parallelism", parallelism), ("maxFailedIndexes", failed)] {
        if number > MOST_OF_MANY {
            cx.invalid(
                spec.at(field),
                format_args!(
                    "must be less than or equal to {MOST_OF_MANY} when completions are above {MANY} and used with backoff \
                     limit per index"
                ),
            );
        }
    }
}

/// `validatePodReplacementPolicy`
fn replacement_policy<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let is_default = |policy: &Value<'_>| policy.origin() == Origin::Default;
    let Some(policy) = spec.get("podReplacementPolicy") else { return };
    // What the server filled in before stays.
    let before = cx.old.and_then(|old| old.path(&["spec", "podReplacementPolicy"])).filter(is_default);
    let kept = before.filter(|_| is_default(&policy)).unwrap_or(policy);
    let Some(policy) = kept.as_str() else { return };
    let supported: &[&str] =
        if spec.has("podFailurePolicy") { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    if !supported.contains(&policy) {
        cx.not_supported(spec.at("podReplacementPolicy"), supported);
    }
}

/// Pods of a Job are not started again for ever. Always is what the server fills in.
fn restart_policy<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let at = spec.at("template.spec.restartPolicy");
    match at.target().map(Value::as_str) {
        None | Some(Some("" | "Always")) => cx.required(at, "valid values: \"OnFailure\", \"Never\""),
        Some(Some("OnFailure")) if spec.has("podFailurePolicy") => {
            cx.invalid(at, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        Some(Some("Never" | "OnFailure") | None) => {}
        Some(Some(_)) => cx.not_supported(at, &["OnFailure", "Never"]),
    }
}
