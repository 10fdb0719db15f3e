//! When and where a Pod may run, apart from affinities.

use std::collections::{HashMap, HashSet};

use super::super::seen::Seen;
use super::super::selector::label_selector;
use super::super::{Cx, Read};
use super::affinity::match_label_keys;
use super::source::supported;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `validateReadinessGates`
pub(super) fn readiness_gates<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    for gate in spec.list("readinessGates") {
        let condition = gate.text("conditionType");
        cx.invalid_shown_each(gate.at("conditionType"), format_args!("{condition:?}"), name::qualified(condition));
    }
}

/// `validateSchedulingGates`
pub(super) fn scheduling_gates<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let mut seen: Seen<&str> = Seen::new();
    for gate in spec.list("schedulingGates") {
        let name = gate.text("name");
        cx.invalid_shown_each(gate.here(), format_args!("{name:?}"), name::qualified(name));
        if !seen.insert(name) {
            cx.duplicate_shown(gate.here(), format_args!("{name:?}"));
        }
    }
}

/// `validateTopologySpreadConstraints`; `labels` are the keys of a Pod's.
pub(super) fn topology_spread<'a>(cx: &mut Cx<'a>, spec: Value<'a>, labels: &HashSet<&'a str>) {
    let last = last_places(spec);
    for (index, constraint) in spec.list("topologySpreadConstraints").enumerate() {
        let skew = constraint.int("maxSkew").unwrap_or_default();
        if skew <= 0 {
            cx.invalid_shown(constraint.at("maxSkew"), skew, "must be greater than zero");
        }
        let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"));
        if key.is_empty() {
            cx.required(constraint.at("topologyKey"), "can not be empty");
        }
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            cx.not_supported(constraint.at("whenUnsatisfiable"), &["DoNotSchedule", "ScheduleAnyway"]);
        }
        if last.get(&(key, action)).is_some_and(|last| index < *last) {
            cx.duplicate_shown(constraint.at("topologyKey"), format_args!("\"{{{key}, {action}}}\""));
            cx.called_at(constraint.at("{topologyKey, whenUnsatisfiable}"), "");
        }
        if let Some(least) = constraint.int("minDomains") {
            if least <= 0 {
                cx.invalid(constraint.at("minDomains"), "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let why = format_args!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                cx.invalid(constraint.at("minDomains"), why.to_string());
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            supported(cx, constraint, field, &["Honor", "Ignore"]);
        }
        cx.since(34, |cx| match_label_keys(cx, constraint, labels));
        cx.before(34, |cx| old_match_label_keys(cx, constraint));
        label_selector(cx, constraint, "labelSelector");
    }
}

/// `ValidateMatchLabelKeysInTopologySpread`, before the server merged the keys into the selector.
fn old_match_label_keys<'a>(cx: &mut Cx<'a>, constraint: Value<'a>) {
    let selector = constraint.get("labelSelector");
    if selector.is_none() && constraint.count("matchLabelKeys") > 0 {
        cx.forbidden(constraint.at("matchLabelKeys"), "must not be specified when labelSelector is not set");
    }
    let selected: HashSet<&str> = selector.map_or_else(HashSet::new, |selector| {
        let expressions = selector.list("matchExpressions").map(|requirement| requirement.text("key"));
        selector.pairs("matchLabels").map(|(key, _)| key).chain(expressions).collect()
    });
    for key in constraint.list("matchLabelKeys") {
        let text = key.as_str().unwrap_or_default();
        for why in name::qualified(text) {
            cx.invalid(key.here(), why);
        }
        if selected.contains(text) {
            cx.invalid(key.here(), "exists in both matchLabelKeys and labelSelector");
        }
    }
}

/// Where the last constraint of each kind stands; the server compares each with those after it.
fn last_places<'a>(spec: Value<'a>) -> HashMap<(&'a str, &'a str), usize> {
    let kind = |constraint: Value<'a>| (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"));
    spec.list("topologySpreadConstraints").enumerate().map(|(at, constraint)| (kind(constraint), at)).collect()
}

/// `ValidateTolerations` of `parent.tolerations`.
pub(in crate::schema) fn tolerations<'a>(cx: &mut Cx<'a>, parent: Value<'a>) {
    for toleration in parent.list("tolerations") {
        let (key, operator) = (toleration.text("key"), toleration.text("operator"));
        let (value, effect) = (toleration.text("value"), toleration.text("effect"));
        if key.is_empty() {
            if operator != "Exists" {
                let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
                cx.invalid_shown(toleration.at("operator"), format_args!("{operator:?}"), why);
            }
        } else {
            cx.invalid_each(toleration.at("key"), name::qualified(key));
        }
        if toleration.has("tolerationSeconds") && effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            cx.invalid_shown(toleration.at("effect"), format_args!("{effect:?}"), why);
        }
        match operator {
            "Equal" | "" => {
                let found = name::label_value(value);
                if !found.is_empty() {
                    let shown = format_args!("{value:?}");
                    cx.invalid_shown(toleration.at("operator"), shown, found.join(";"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    let why = "value must be empty when `operator` is 'Exists'";
                    cx.invalid_shown(toleration.at("operator"), format_args!("{value:?}"), why);
                }
            }
            "Lt" | "Gt" => {
                cx.before(35, |cx| cx.not_supported(toleration.at("operator"), &["Equal", "Exists"]));
                cx.since(35, |cx| cx.not_supported(toleration.at("operator"), &["Equal", "Exists", "Lt", "Gt"]));
            }
            _ => cx.not_supported(toleration.at("operator"), &["Equal", "Exists"]),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            cx.not_supported(toleration.at("effect"), &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
    }
}
