//! `policy`: PodDisruptionBudgets.

use super::{Cx, Read, selector, share};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::{self, Value};

/// Defaults that depend on other fields: there are none.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    if kind.kind() == "PodDisruptionBudget" {
        pod_disruption_budget(cx, object);
    }
}

/// What changed: everything may.
pub(super) fn validate_update<'a>(_cx: &mut Cx<'a>, _kind: Kind, _new: Value<'a>, _old: Value<'_>) {}

/// `ValidatePodDisruptionBudget`
fn pod_disruption_budget<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec").filter(|spec| spec.kind() == yaml::Kind::Mapping) else { return };
    if spec.has("minAvailable") && spec.has("maxUnavailable") {
        cx.invalid(spec.here(), "minAvailable and maxUnavailable cannot be both set");
    }
    for at in [spec.at("minAvailable"), spec.at("maxUnavailable")] {
        share::number_or_percent(cx, at);
        share::at_most_all(cx, at);
    }
    selector::label_selector(cx, spec, "selector");
    let supported = ["AlwaysAllow", "IfHealthyBudget"];
    if spec.text_if("unhealthyPodEvictionPolicy").is_some_and(|policy| !supported.contains(&policy)) {
        cx.not_supported(spec.at("unhealthyPodEvictionPolicy"), &supported);
    }
}
