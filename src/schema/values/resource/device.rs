//! The devices of a `ResourceSlice`.

use std::collections::HashSet;

use super::{capacity, fits, names, slice, taint, unique};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read};
use crate::yaml::Value;

const PROPERTIES: usize = 32;
const ATTRIBUTE: usize = 64;
const TAINTS: usize = 16;
const CONSUMED_SETS: usize = 2;
const CONDITIONS: usize = 4;

/// `Device`
pub(super) fn device<'a>(cx: &mut Cx<'a>, device: Value<'a>, per_device: bool) {
    names::label(cx, device, "name");
    let properties = device.count("attributes") + device.count("capacity");
    if properties > PROPERTIES {
        let why = format!("the total number of attributes and capacities must not exceed {PROPERTIES}");
        cx.invalid_shown(device.here(), properties, why);
    }
    for field in ["attributes", "capacity"] {
        for (key, _) in device.pairs(field) {
            let before = cx.count();
            names::qualified(cx, device.at(field), key);
            if cx.count() > before {
                cx.points_to(key);
            }
        }
    }
    for (_, attribute) in device.pairs("attributes") {
        self::attribute(cx, attribute);
    }
    cx.since(36, |cx| {
        for (_, capacity) in device.pairs("capacity") {
            capacity::capacity(cx, capacity, device.flag("allowMultipleAllocations"));
        }
        if fits(cx, device, "taints", TAINTS) {
            for taint in device.list("taints") {
                taint::taint(cx, taint);
            }
        }
        if fits(cx, device, "consumesCounters", CONSUMED_SETS) {
            for consumed in device.list("consumesCounters") {
                slice::counter_set(cx, consumed, "counterSet");
            }
            unique(cx, device, "consumesCounters", |consumed| consumed.text("counterSet"));
        }
        nodes(cx, device, per_device);
        binding_conditions(cx, device);
    });
}

fn nodes<'a>(cx: &mut Cx<'a>, device: Value<'a>, per_device: bool) {
    let one_of = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set \
                  to true in the ResourceSlice spec";
    if per_device {
        match slice::places(cx, device, "must not be empty") {
            0 => cx.required(device.here(), one_of),
            1 => {}
            _ => cx.invalid(device.here(), one_of),
        }
    } else if ["nodeName", "nodeSelector", "allNodes"].into_iter().any(|field| device.has(field)) {
        let why = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in \
                   the ResourceSlice spec";
        cx.invalid_shown(device.here(), "null", why);
    }
}

/// `DeviceAttribute`. The server drops lists, because they are alpha.
fn attribute<'a>(cx: &mut Cx<'a>, attribute: Value<'a>) {
    for field in ["string", "version"] {
        let Some(text) = attribute.text_if(field) else { continue };
        if field == "version" && !is_semantic_version(text) {
            cx.invalid(attribute.at(field), "must be a string compatible with semver.org spec 2.0.0");
        }
        if text.len() > ATTRIBUTE {
            cx.too_long(attribute.at(field), ATTRIBUTE);
        }
    }
    let values = ["bool", "int", "string", "version"].into_iter().filter(|field| attribute.has(field)).count();
    match values {
        0 => cx.invalid_shown(attribute.here(), "\"\"", "exactly one value must be specified"),
        1 => {}
        _ => cx.invalid(attribute.here(), "exactly one value must be specified"),
    }
}

/// Version 2.0.0 of semver.org.
fn is_semantic_version(text: &str) -> bool {
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    let (core, release) = match text.split_once('-') {
        Some((core, release)) => (core, Some(release)),
        None => (text, None),
    };
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = |part: &str| is_digits(part) && (part == "0" || !part.starts_with('0'));
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && release
            .is_none_or(|parts| parts.split('.').all(|part| is_word(part) && (!is_digits(part) || is_number(part))))
        && build.is_none_or(|parts| parts.split('.').all(is_word))
}

/// `validateDeviceBindingParameters`
fn binding_conditions<'a>(cx: &mut Cx<'a>, device: Value<'a>) {
    const GOOD: &str = "bindingConditions";
    const BAD: &str = "bindingFailureConditions";
    for field in [GOOD, BAD] {
        if fits(cx, device, field, CONDITIONS) {
            for condition in device.list(field) {
                cx.invalid_each(condition.here(), name::qualified(condition.as_str().unwrap_or_default()));
            }
        }
        unique(cx, device, field, |condition| condition.as_str().unwrap_or_default());
    }
    let good: HashSet<&str> = device.texts(GOOD).collect();
    for condition in device.list(BAD) {
        if condition.as_str().is_some_and(|text| good.contains(text)) {
            cx.invalid(condition.here(), "bindingFailureConditions must not overlap with bindingConditions");
        }
    }
    match (device.count(GOOD), device.count(BAD)) {
        (0, 1..) => cx.invalid(device.at(GOOD), "bindingConditions are required to use bindingFailureConditions"),
        (1.., 0) => cx.invalid(device.at(BAD), "bindingFailureConditions are required to use bindingConditions"),
        _ => {}
    }
}
