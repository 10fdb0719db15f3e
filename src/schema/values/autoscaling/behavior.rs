//! How fast an autoscaler scales.

use serde_json::json;

use crate::schema::stored::{Places, Stored};
use crate::schema::text::quantity;
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, NodeId, Value};

/// The longest period of a policy, in seconds.
const PERIOD: i64 = 1800;
/// The longest window, in seconds.
const WINDOW: i64 = 3600;

/// Each direction has rules of its own.
pub(super) fn defaults(stored: &mut Stored) {
    let rules = |direction: &str| {
        let rules = stored.root().path(&["spec", "behavior", direction])?;
        (rules.kind() == Kind::Mapping).then(|| {
            let (policies, window) = (rules.has("policies"), rules.has("stabilizationWindowSeconds"));
            (rules.id(), !policies, !window)
        })
    };
    let (up, down) = (rules("scaleUp"), rules("scaleDown"));
    let percent = json!({ "type": "Percent", "value": 100, "periodSeconds": 15 });
    let mut add = |node: NodeId, field: &str, value: &serde_json::Value| stored.add(node, field, value);
    if let Some((node, policies, window)) = up {
        if policies {
            let pods = json!({ "type": "Pods", "value": 4, "periodSeconds": 15 });
            add(node, "policies", &json!([pods, percent]));
        }
        if window {
            add(node, "stabilizationWindowSeconds", &json!(0));
        }
    }
    if let Some((node, true, _)) = down {
        add(node, "policies", &json!([percent]));
    }
}

/// `validateBehavior`
pub(super) fn behavior<'a>(cx: &mut Cx<'a>, behavior: Value<'a>) {
    for direction in ["scaleUp", "scaleDown"] {
        if let Some(rules) = behavior.get(direction).filter(|rules| rules.kind() == Kind::Mapping) {
            self::rules(cx, rules);
        }
    }
}

fn rules<'a>(cx: &mut Cx<'a>, rules: Value<'a>) {
    let window = rules.int("stabilizationWindowSeconds").unwrap_or_default();
    if window < 0 {
        cx.invalid(rules.at("stabilizationWindowSeconds"), "must be greater than or equal to zero");
    }
    if window > WINDOW {
        cx.invalid(rules.at("stabilizationWindowSeconds"), format_args!("must be less than or equal to {WINDOW}"));
    }
    let supported = ["Disabled", "Max", "Min"];
    if rules.text_if("selectPolicy").is_some_and(|policy| !supported.contains(&policy)) {
        cx.not_supported(rules.at("selectPolicy"), &supported);
    }
    if rules.count("policies") == 0 {
        cx.required(rules.at("policies"), "must specify at least one Policy");
    }
    for policy in rules.list("policies").filter(|policy| policy.kind() == Kind::Mapping) {
        self::policy(cx, policy);
    }
    if let Some(tolerance) = rules.get("tolerance")
        && quantity::parse_value(tolerance).is_ok_and(quantity::Quantity::is_negative)
    {
        cx.since(35, |cx| cx.invalid(tolerance.here(), "must be greater than or equal to 0"));
    }
}

fn policy<'a>(cx: &mut Cx<'a>, policy: Value<'a>) {
    if !matches!(policy.text("type"), "Pods" | "Percent") {
        cx.not_supported(policy.at("type"), &["Percent", "Pods"]);
    }
    for field in ["value", "periodSeconds"] {
        if policy.int(field).unwrap_or_default() <= 0 {
            cx.invalid(policy.at(field), "must be greater than zero");
        }
    }
    if policy.int("periodSeconds").unwrap_or_default() > PERIOD {
        cx.invalid(policy.at("periodSeconds"), format_args!("must be less than or equal to {PERIOD}"));
    }
}
