//! DaemonSets.

use serde_json::json;

use crate::schema::stored::{Places, Stored};
use crate::schema::values::{Cx, Read, pod, selector, share, workload};
use crate::yaml::{Kind, Value};

/// A rolling update has defaults.
pub(super) fn defaults(stored: &mut Stored) {
    let strategy = stored.root().path(&["spec", "updateStrategy"]);
    let missing = |strategy: &Value<'_>| {
        strategy.kind() == Kind::Mapping
            && super::strategy_type(*strategy) == "RollingUpdate"
            && !strategy.has("rollingUpdate")
    };
    if let Some(node) = strategy.filter(missing).map(Value::id) {
        stored.add(node, "rollingUpdate", &json!({ "maxSurge": 0, "maxUnavailable": 1 }));
    }
}

/// `ValidateDaemonSet`
pub(super) fn daemon_set<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    selector::label_selector(cx, spec, "selector");
    // What is wrong with a selector that makes no sense has been said.
    let _ = workload::selector_and_labels(cx, spec);
    workload::selector_is_not_empty(cx, spec, "daemonset");
    pod::template(cx, spec, "template");
    workload::runs_forever(cx, spec, "DaemonSet");
    if let Some(strategy) = spec.get("updateStrategy") {
        update_strategy(cx, spec, strategy);
    }
}

/// `ValidateDaemonSetUpdateStrategy`
fn update_strategy<'a>(cx: &mut Cx<'a>, spec: Value<'a>, strategy: Value<'a>) {
    if strategy.get("type").is_some_and(|value| cx.is_opaque(value)) {
        return;
    }
    match super::strategy_type(strategy) {
        "OnDelete" => {}
        "RollingUpdate" => {
            let Some(rolling) = strategy.get("rollingUpdate").filter(|value| value.kind() == Kind::Mapping) else {
                return;
            };
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            for at in [unavailable, surge] {
                share::number_or_percent(cx, at);
                share::at_most_all(cx, at);
            }
            match (share::is_zero(unavailable), share::is_zero(surge)) {
                (false, false) => cx.invalid(surge, "may not be set when maxUnavailable is non-zero"),
                (true, true) => cx.required(unavailable, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => {
            cx.not_supported(spec.at("updateStrategy"), &["RollingUpdate", "OnDelete"]);
            cx.points_to("type");
        }
    }
}

/// `ValidateDaemonSetUpdate`
pub(super) fn daemon_set_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    super::selector_update(cx, new, old);
}
