//! When the failure of a Pod fails its Job.

use std::collections::HashSet;

use crate::schema::problem::Cause;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Origin, Value};

/// The most rules of a policy, and the most conditions of a rule.
const RULES: usize = 20;
/// The most exit codes of a rule.
const CODES: usize = 255;

/// `validatePodFailurePolicy`
pub(super) fn pod_failure_policy<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(policy) = spec.get("podFailurePolicy") else { return };
    let count = policy.count("rules");
    if count > RULES {
        cx.too_many(policy.at("rules"), count, RULES);
    }
    let template = spec.path(&["template", "spec"]);
    let containers = template.into_iter().flat_map(|pod| pod.list("containers").chain(pod.list("initContainers")));
    let containers: HashSet<&str> = containers.map(|container| container.text("name")).collect();
    for rule in policy.list("rules").filter(|rule| rule.kind() == Kind::Mapping) {
        self::rule(cx, spec, rule, &containers);
    }
}

/// Before 1.34, the Jobs of a CronJob have no default for the status of a condition.
pub(super) fn statuses<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let rules = spec.get("podFailurePolicy").into_iter().flat_map(|policy| policy.list("rules"));
    let conditions = rules.flat_map(|rule| rule.list("onPodConditions"));
    let is_absent = |condition: &Value<'_>| {
        condition.lacks("status") || condition.get("status").is_some_and(|status| status.origin() == Origin::Default)
    };
    for condition in conditions.filter(is_absent) {
        cx.required(condition.at("status"), "valid values: [\"False\" \"True\" \"Unknown\"]");
    }
}

fn rule<'a>(cx: &mut Cx<'a>, spec: Value<'a>, rule: Value<'a>, containers: &HashSet<&str>) {
    match rule.text("action") {
        "" => {
            let why = "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]";
            cx.required(rule.at("action"), why);
        }
        "FailIndex" => {
            if !spec.has("backoffLimitPerIndex") {
                cx.invalid(rule.at("action"), "requires the backoffLimitPerIndex to be set");
            }
        }
        "Count" | "FailJob" | "Ignore" => {}
        _ => cx.not_supported(rule.at("action"), &["Count", "FailIndex", "FailJob", "Ignore"]),
    }
    if let Some(codes) = rule.get("onExitCodes").filter(|codes| codes.kind() == Kind::Mapping) {
        exit_codes(cx, codes, containers);
    }
    let conditions = rule.count("onPodConditions");
    if conditions > RULES {
        cx.too_many(rule.at("onPodConditions"), conditions, RULES);
    }
    for condition in rule.list("onPodConditions").filter(|condition| condition.kind() == Kind::Mapping) {
        cx.invalid_each(condition.at("type"), name::qualified(condition.text("type")));
    }
    let why = match (rule.has("onExitCodes"), conditions > 0) {
        (true, true) => "specifying both OnExitCodes and OnPodConditions is not supported",
        (false, false) => "specifying one of OnExitCodes and OnPodConditions is required",
        _ => return,
    };
    // The server leaves the value out.
    cx.push(Cause::Invalid, rule.here(), format!("Invalid value: {why}"));
}

fn exit_codes<'a>(cx: &mut Cx<'a>, codes: Value<'a>, containers: &HashSet<&str>) {
    let operator = codes.text("operator");
    match operator {
        "" => cx.required(codes.at("operator"), "valid values: [\"In\" \"NotIn\"]"),
        "In" | "NotIn" => {}
        _ => cx.not_supported(codes.at("operator"), &["In", "NotIn"]),
    }
    if codes.text_if("containerName").is_some_and(|name| !containers.contains(name)) {
        cx.invalid(
            codes.at("containerName"),
            "must be one of the container or initContainer names in the pod template",
        );
    }
    match codes.count("values") {
        0 => cx.invalid(codes.at("values"), "at least one value is required"),
        count if count > CODES => cx.too_many(codes.at("values"), count, CODES),
        _ => {}
    }
    let mut seen = HashSet::new();
    let mut last = i64::MIN;
    let mut is_ordered = true;
    for value in codes.list("values") {
        let code = value.as_int().unwrap_or_default();
        if operator == "In" && code == 0 {
            cx.invalid(value.here(), "must not be 0 for the In operator");
        }
        if !seen.insert(code) {
            cx.duplicate(value.here());
        }
        is_ordered &= last <= code;
        last = code;
    }
    if !is_ordered {
        cx.invalid(codes.at("values"), "must be ordered");
    }
}
