//! `autoscaling`: HorizontalPodAutoscalers.

mod behavior;
mod metric;
mod target;

use serde_json::json;

use super::{Cx, Read};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::{self, Value};

/// `HPAScaleToZero` is on by default from this minor on.
const TO_ZERO: u8 = 37;

/// Defaults that depend on other fields.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    if kind.api_version() != "autoscaling/v2" {
        return;
    }
    let Some(spec) = stored.root().get("spec").filter(|spec| spec.kind() == yaml::Kind::Mapping) else { return };
    let (node, has_metrics) = (spec.id(), spec.has("metrics"));
    behavior::defaults(stored);
    if !has_metrics {
        let target = json!({ "type": "Utilization", "averageUtilization": 80 });
        let metric = json!([{ "type": "Resource", "resource": { "name": "cpu", "target": target } }]);
        stored.add(node, "metrics", &metric);
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    if kind.kind() == "HorizontalPodAutoscaler" {
        horizontal_pod_autoscaler(cx, object);
    }
}

/// What changed: everything may.
pub(super) fn validate_update<'a>(_cx: &mut Cx<'a>, _kind: Kind, _new: Value<'a>, _old: Value<'_>) {}

/// `ValidateHorizontalPodAutoscaler`, of both versions
fn horizontal_pod_autoscaler<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec").filter(|spec| spec.kind() == yaml::Kind::Mapping) else { return };
    let (fewest, most) = (spec.int("minReplicas"), spec.int("maxReplicas").unwrap_or_default());
    // What is zero because it could not be read has been told.
    let is_read = spec.get("maxReplicas").is_none_or(|value| value.as_int().is_some());
    let lowest = |cx: &mut Cx<'a>, least: i64| {
        if fewest.is_some_and(|fewest| fewest < least) {
            cx.invalid(spec.at("minReplicas"), format_args!("must be greater than or equal to {least}"));
        }
    };
    cx.before(TO_ZERO, |cx| lowest(cx, 1));
    cx.since(TO_ZERO, |cx| lowest(cx, 0));
    if most < 1 {
        cx.before(36, |cx| cx.invalid_shown(spec.at("maxReplicas"), most, "must be greater than 0"));
    }
    cx.since(36, |cx| match most {
        0 => {
            cx.before(37, |cx| cx.required(spec.at("maxReplicas"), "must be set and greater than 0"));
            cx.since(37, |cx| cx.required(spec.at("maxReplicas"), ""));
        }
        ..0 => cx.invalid(spec.at("maxReplicas"), "must be greater than or equal to 1"),
        _ => {}
    });
    if is_read && fewest.is_some_and(|fewest| most < fewest) {
        cx.invalid_shown(spec.at("maxReplicas"), most, "must be greater than or equal to `minReplicas`");
    }
    if let Some(target) = spec.get("scaleTargetRef") {
        let needs_group = target.text("kind") != "ReplicationController";
        target::object_reference(cx, target, needs_group);
    }
    metric::metrics(cx, spec, fewest == Some(0));
    cpu_of_v1(cx, object, spec);
    if let Some(behavior) = spec.get("behavior").filter(|behavior| behavior.kind() == yaml::Kind::Mapping) {
        behavior::behavior(cx, behavior);
    }
}

/// The one metric of v1 is the last of v2; the others stand in an annotation.
fn cpu_of_v1<'a>(cx: &mut Cx<'a>, object: Value<'a>, spec: Value<'a>) {
    if spec.int("targetCPUUtilizationPercentage").is_none_or(|percentage| percentage >= 1) {
        return;
    }
    let annotations = object.path(&["metadata", "annotations"]);
    let others = annotations.map_or("", |annotations| annotations.text("autoscaling.alpha.kubernetes.io/metrics"));
    let index = serde_json::from_str::<Vec<serde_json::Value>>(others).map_or(0, |others| others.len());
    cx.invalid(spec.at("targetCPUUtilizationPercentage"), "must be greater than 0");
    cx.called(&format!("spec.metrics[{index}].resource.target.averageUtilization"));
}
