//! Deployments.

use serde_json::json;

use crate::schema::problem::Raised;
use crate::schema::stored::{Places, Stored};
use crate::schema::values::{Cx, Read, core, share};
use crate::yaml::{Kind, Value};

/// A rolling update has defaults.
pub(super) fn defaults(stored: &mut Stored) {
    let strategy = stored.root().path(&["spec", "strategy"]);
    let missing = |strategy: &Value<'_>| {
        strategy.kind() == Kind::Mapping
            && super::strategy_type(*strategy) == "RollingUpdate"
            && !strategy.has("rollingUpdate")
    };
    if let Some(node) = strategy.filter(missing).map(Value::id) {
        stored.add(node, "rollingUpdate", &json!({ "maxSurge": "25%", "maxUnavailable": "25%" }));
    }
}

/// `ValidateDeployment`
pub(super) fn deployment<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    core::name_of_host(cx, object, "Pod names and hostnames");
    let Some(spec) = object.get("spec") else { return };
    super::replica_set::selector_and_template(cx, spec);
    if let Some(strategy) = spec.get("strategy") {
        self::strategy(cx, spec, strategy);
    }
    if let Some(deadline) = spec.int("progressDeadlineSeconds")
        && deadline <= spec.int("minReadySeconds").unwrap_or_default()
    {
        cx.invalid(spec.at("progressDeadlineSeconds"), "must be greater than minReadySeconds");
    }
}

/// `ValidateDeploymentStrategy`
fn strategy<'a>(cx: &mut Cx<'a>, spec: Value<'a>, strategy: Value<'a>) {
    if strategy.get("type").is_some_and(|value| cx.is_opaque(value)) {
        return;
    }
    match super::strategy_type(strategy) {
        "Recreate" if strategy.has("rollingUpdate") => {
            cx.forbidden(strategy.at("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" => {
            let Some(rolling) = strategy.get("rollingUpdate").filter(|value| value.kind() == Kind::Mapping) else {
                return;
            };
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            share::number_or_percent(cx, unavailable);
            share::number_or_percent(cx, surge);
            if share::is_zero(unavailable) && share::is_zero(surge) {
                cx.invalid(unavailable, "may not be 0 when `maxSurge` is 0");
            }
            share::at_most_all(cx, unavailable);
        }
        _ => {
            cx.not_supported(spec.at("strategy"), &["Recreate", "RollingUpdate"]);
            cx.points_to("type");
        }
    }
}

/// `ValidateDeploymentUpdate`
pub(super) fn deployment_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    super::selector_update(cx, new, old);
    let Some(strategy) = new.path(&["spec", "strategy"]) else { return };
    // kubectl's patch drops what the server filled in, server-side apply does not.
    if super::strategy_type(strategy) == "Recreate" && super::rolls_on(new, old, "strategy") {
        cx.raised(Raised::ByApply, |cx| {
            let why = "may not be specified when strategy `type` is 'Recreate'";
            cx.forbidden_change(strategy.at("rollingUpdate"), why);
        });
    }
}
