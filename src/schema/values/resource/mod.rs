//! `resource.k8s.io`: dynamic resource allocation.

mod capacity;
mod claim;
mod class;
mod device;
mod names;
mod slice;
mod taint;

use std::collections::HashSet;

use super::pod;
use super::{Cx, Read};
use crate::schema::gates;
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::{NodeId, Value};

/// Defaults that depend on other fields: one device, where the mode is to count them.
pub(super) fn defaults(stored: &mut Stored, _kind: Kind) {
    let spec = stored.root().get("spec");
    let devices = spec.and_then(|spec| spec.get("devices").or_else(|| spec.path(&["spec", "devices"])));
    let requests = devices.into_iter().flat_map(|devices| devices.list("requests"));
    let each = requests.flat_map(|request| request.get("exactly").into_iter().chain(request.list("firstAvailable")));
    let lacking: Vec<NodeId> = each
        .filter(|request| claim::mode(*request) == claim::EXACT_COUNT && !request.has("count"))
        .map(Value::id)
        .collect();
    for request in lacking {
        stored.add(request, "count", &1.into());
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    let Some(spec) = object.get("spec").filter(|_| kind.api_version() == "resource.k8s.io/v1") else { return };
    match kind.kind() {
        // Later, servers since 1.35 only look whether it is still the same.
        "ResourceClaim" => {
            cx.before(35, |cx| claim::claim(cx, spec));
            cx.since(35, |cx| cx.on_create(|cx| claim::claim(cx, spec)));
        }
        "ResourceClaimTemplate" => claim::template(cx, spec),
        "DeviceClass" => class::class(cx, spec),
        "ResourceSlice" => slice::slice(cx, spec),
        "DeviceTaintRule" => taint::rule(cx, spec),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    let (Some(spec), Some(old)) = (new.get("spec"), old.get("spec")) else { return };
    match kind.kind() {
        "ResourceClaim" | "ResourceClaimTemplate" => cx.by_dropped_fields(|cx, minor| {
            let is_dropped = |path: &[&str]| gates::is_dropped_of_claim(minor, path);
            if !pod::is_same_without(Some(spec), Some(old), &is_dropped) {
                cx.immutable(new.at("spec"));
            }
        }),
        "ResourceSlice" => {
            let pool = |spec: Value<'_>| spec.get("pool").map(|pool| pool.text("name").to_owned());
            if pool(spec) != pool(old) {
                cx.immutable(spec.at("pool.name"));
            }
            for field in ["driver", "nodeName"] {
                if spec.text_if(field) != old.text_if(field) {
                    cx.immutable(spec.at(field));
                }
            }
        }
        _ => {}
    }
}

/// A list has no more items than `most`. If it has, nothing is said of them.
fn fits<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str, most: usize) -> bool {
    let count = parent.count(field);
    if count > most {
        cx.too_many(parent.at(field), count, most);
    }
    count <= most
}

/// No two items of a list have the same key. The server reports the item, and shows the key.
fn unique<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &str, key: impl Fn(Value<'a>) -> &'a str) {
    let mut seen = HashSet::new();
    for item in parent.list(field) {
        let key = key(item);
        if !seen.insert(key) {
            cx.duplicate_shown(item.here(), format_args!("{key:?}"));
        }
    }
}
