//! `ResourceSlice`.

use super::{device, fits, names, unique};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read, pod};
use crate::yaml::Value;

const DEVICES: usize = 128;
/// With taints or counters.
const ADVANCED_DEVICES: usize = 64;
const COUNTER_SETS: usize = 8;
const COUNTERS: usize = 32;
/// Before, the server drops `perDeviceNodeSelection`.
const PER_DEVICE: u8 = 36;

/// `ResourceSliceSpec`
pub(super) fn slice<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let driver = spec.text("driver");
    names::driver(cx, spec.at("driver"), driver);
    if driver != driver.to_lowercase() {
        cx.since(34, |cx| {
            let why = format!("driver names should be lowercase; {driver:?} contains uppercase characters");
            cx.warn(spec.at("driver"), why);
        });
    }
    if let Some(pool) = spec.get("pool") {
        names::pool(cx, pool.at("name"), pool.text("name"));
        if pool.int("resourceSliceCount").unwrap_or_default() <= 0 {
            let shown = pool.int("resourceSliceCount").unwrap_or_default();
            cx.invalid_shown(pool.at("resourceSliceCount"), shown, "must be greater than zero");
        }
        if pool.int("generation").is_some_and(|generation| generation < 0) {
            cx.invalid(pool.at("generation"), "must be greater than or equal to zero");
        }
    }
    nodes(cx, spec);
    if spec.has("sharedCounters") && spec.has("devices") {
        cx.since(36, |cx| {
            cx.invalid_shown(spec.here(), "\"\"", "only one of `sharedCounters` or `devices` is allowed");
        });
    }
    let is_advanced =
        spec.list("devices").any(|device| device.count("taints") > 0 || device.count("consumesCounters") > 0);
    if fits(cx, spec, "devices", if is_advanced { ADVANCED_DEVICES } else { DEVICES }) {
        for device in spec.list("devices") {
            device::device(cx, device, spec.flag("perDeviceNodeSelection"));
        }
        unique(cx, spec, "devices", |device| device.text("name"));
    }
    cx.since(36, |cx| {
        if fits(cx, spec, "sharedCounters", COUNTER_SETS) {
            for set in spec.list("sharedCounters") {
                counter_set(cx, set, "name");
            }
            unique(cx, spec, "sharedCounters", |set| set.text("name"));
        }
    });
}

/// On which nodes the devices are: one of four fields says it.
fn nodes<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let one_of = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    let set = places(cx, spec, "must be either unset or set to a non-empty string");
    if let Some(selector) = spec.get("nodeSelector")
        && selector.count("nodeSelectorTerms") != 1
    {
        cx.invalid(selector.at("nodeSelectorTerms"), "must have exactly one node selector term");
    }
    let only_one = |cx: &mut Cx<'a>, set: usize| match set {
        0 => cx.required(spec.here(), one_of),
        1 => {}
        _ => cx.invalid(spec.here(), format_args!("{one_of}, but multiple fields are set")),
    };
    if !spec.has("perDeviceNodeSelection") {
        return only_one(cx, set);
    }
    cx.before(PER_DEVICE, |cx| only_one(cx, set));
    cx.since(PER_DEVICE, |cx| {
        if !spec.flag("perDeviceNodeSelection") {
            cx.invalid(spec.at("perDeviceNodeSelection"), "must be either unset or set to true");
        }
        only_one(cx, set + usize::from(spec.flag("perDeviceNodeSelection")));
    });
}

/// How many of `nodeName`, `nodeSelector` and `allNodes` are set, of a slice or of a device.
pub(super) fn places<'a>(cx: &mut Cx<'a>, parent: Value<'a>, empty: &str) -> usize {
    let mut set = 0;
    match parent.text_if("nodeName") {
        None => {}
        Some("") => cx.invalid(parent.at("nodeName"), empty),
        Some(node) => {
            set += 1;
            cx.invalid_each(parent.at("nodeName"), name::dns_subdomain(node));
        }
    }
    if let Some(selector) = parent.get("nodeSelector") {
        set += 1;
        pod::node_selector(cx, selector);
    }
    if parent.has("allNodes") {
        if parent.flag("allNodes") {
            set += 1;
        } else {
            cx.invalid(parent.at("allNodes"), "must be either unset or set to true");
        }
    }
    set
}

/// A set of counters and its name, which stands in `field`.
pub(super) fn counter_set<'a>(cx: &mut Cx<'a>, set: Value<'a>, field: &'a str) {
    if set.text(field).is_empty() {
        cx.required(set.at(field), "");
    } else {
        names::label(cx, set, field);
    }
    if set.count("counters") == 0 {
        return cx.required(set.at("counters"), "");
    }
    if fits(cx, set, "counters", COUNTERS) {
        for (counter, _) in set.pairs("counters") {
            for why in name::dns_label(counter) {
                cx.invalid_shown(set.at("counters"), format_args!("{counter:?}"), why);
                cx.points_to(counter);
            }
        }
    }
}
