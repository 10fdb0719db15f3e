//! Taints of devices, what tolerates them, and `DeviceTaintRule`.

use super::names;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read};
use crate::yaml::Value;

const EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "None"];
const OPERATORS: &[&str] = &["Equal", "Exists"];

/// `DeviceTaintRuleSpec`
pub(super) fn rule<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if let Some(selector) = spec.get("deviceSelector") {
        if let Some(driver) = selector.text_if("driver") {
            names::driver(cx, selector.at("driver"), driver);
        }
        if let Some(pool) = selector.text_if("pool") {
            names::pool(cx, selector.at("pool"), pool);
        }
        if selector.has("device") {
            names::label(cx, selector, "device");
        }
    }
    if let Some(taint) = spec.get("taint") {
        self::taint(cx, taint);
    }
}

/// `DeviceTaint`
pub(super) fn taint<'a>(cx: &mut Cx<'a>, taint: Value<'a>) {
    let key = taint.text("key");
    cx.invalid_shown_each(taint.at("key"), format_args!("{key:?}"), name::qualified(key));
    value(cx, taint);
    cx.one_of(taint.at("effect"), EFFECTS);
}

/// `DeviceToleration`
pub(super) fn toleration<'a>(cx: &mut Cx<'a>, toleration: Value<'a>) {
    let key = toleration.text("key");
    if !key.is_empty() {
        cx.invalid_each(toleration.at("key"), name::qualified(key));
    }
    match toleration.text("operator") {
        "Exists" if !toleration.text("value").is_empty() => {
            cx.invalid(toleration.at("value"), "must be empty for operator `Exists`");
        }
        "Exists" => {}
        // The empty text is the default.
        "Equal" | "" => value(cx, toleration),
        _ => cx.not_supported(toleration.at("operator"), OPERATORS),
    }
    let effect = toleration.text("effect");
    if !effect.is_empty() && !EFFECTS.contains(&effect) {
        cx.not_supported(toleration.at("effect"), EFFECTS);
    }
}

fn value<'a>(cx: &mut Cx<'a>, parent: Value<'a>) {
    cx.invalid_each(parent.at("value"), name::label_value(parent.text("value")));
}
