//! Nodes.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::super::{Cx, Read, addresses, resources};
use crate::schema::stored::Places;
use crate::schema::text::{ip, name, quantity};
use crate::yaml::Value;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `ValidateNode`
pub(super) fn node<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if let Some(spec) = object.get("spec") {
        taints(cx, spec);
        pod_cidrs(cx, spec);
        if spec.has("configSource") {
            cx.warn(spec.at("configSource"), "the feature is removed");
        }
        if !spec.text("externalID").is_empty() {
            cx.warn(spec.at("externalID"), "this field is deprecated, and is unused by Kubernetes");
        }
    }
    let Some(status) = object.get("status") else { return };
    for list in ["capacity", "allocatable"].into_iter().filter_map(|field| status.get(field)) {
        for (resource, _, amount) in list.entries() {
            if let Ok(quantity) = quantity::parse_value(amount) {
                resources::amount(cx, list.at_entry(resource, amount), resource, quantity);
            }
        }
    }
    let swap = status.path(&["nodeInfo", "swap"]);
    if let Some(swap) = swap.filter(|swap| swap.int("capacity").is_some_and(|bytes| bytes <= 0)) {
        cx.invalid(swap.at("capacity"), "must be greater than zero");
        cx.called("metadata.nodeSwapStatus.capacity");
    }
    cx.since(36, |cx| declared_features(cx, status));
}

/// `validateNodeDeclaredFeatures`: names in order, each once.
fn declared_features<'a>(cx: &mut Cx<'a>, status: Value<'a>) {
    let Some(list) = status.get("declaredFeatures") else { return };
    let mut before: Option<&str> = None;
    for (index, feature) in list.items().map(|item| item.as_str().unwrap_or_default()).enumerate() {
        if feature.len() > 253 {
            let why = format!("invalid feature name {feature:?}: must be no more than 253 characters");
            cx.invalid(list.at_index(index), why);
        } else if !is_feature(feature) {
            cx.invalid(
                list.at_index(index),
                format_args!(
                    "invalid feature name {feature:?}: must start with an UpperCamelCase segment, with subsequent segments \
                     separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric \
                     characters and slashes"
                ),
            );
        }
        match before.map(|before| before.cmp(feature)) {
            Some(Ordering::Equal) => cx.duplicate(list.at_index(index)),
            Some(Ordering::Greater) => cx.invalid(list.at_index(index), "list must be sorted alphabetically"),
            _ => {}
        }
        before = Some(feature);
    }
}

fn is_feature(text: &str) -> bool {
    let is_segment = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text.starts_with(|first: char| first.is_ascii_uppercase()) && text.split('/').all(is_segment)
}

/// `validateNodeTaints`; the server looks for them in the metadata.
fn taints<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let mut seen = HashSet::new();
    for (index, taint) in spec.list("taints").enumerate() {
        let (key, effect) = (taint.text("key"), taint.text("effect"));
        for why in name::qualified(key) {
            cx.invalid_shown(taint.at("key"), format_args!("{key:?}"), why);
            cx.called(&format!("metadata.taints[{index}].key"));
        }
        let whys = name::label_value(taint.text("value"));
        if !whys.is_empty() {
            cx.invalid(taint.at("value"), whys.join(";"));
            cx.called(&format!("metadata.taints[{index}].value"));
        }
        if !EFFECTS.contains(&effect) {
            cx.one_of(taint.at("effect"), &EFFECTS);
            cx.called(&format!("metadata.taints[{index}].effect"));
        }
        if !seen.insert((key, effect)) {
            cx.duplicate(taint.here());
            cx.called(&format!("metadata.taints[{index}]"));
        }
    }
}

/// The older field, which goes before the newer one where they differ.
fn lone_cidr(spec: Value<'_>) -> Option<&str> {
    let first = spec.get("podCIDRs").and_then(|list| list.items().next()?.as_str());
    spec.text_if("podCIDR").filter(|one| !one.is_empty() && first != Some(one))
}

fn cidrs(spec: Value<'_>) -> Vec<&str> {
    lone_cidr(spec).map_or_else(|| spec.texts("podCIDRs").collect(), |one| vec![one])
}

fn pod_cidrs<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if let Some(one) = lone_cidr(spec) {
        let before = cx.count();
        addresses::legacy_cidr(cx, spec.at("podCIDR"), one);
        if cx.count() > before {
            cx.called("spec.podCIDRs[0]");
        }
        return;
    }
    let Some(list) = spec.get("podCIDRs") else { return };
    let (mut v4, mut v6, mut others) = (0_usize, 0_usize, 0_usize);
    for (index, text) in list.items().map(|item| item.as_str().unwrap_or_default()).enumerate() {
        addresses::legacy_cidr(cx, list.at_index(index), text);
        addresses::cidr_warnings(cx, list.at_index(index), text);
        match ip::parse_cidr(text) {
            Some(cidr) if cidr.address().is_v4() => v4 += 1,
            Some(_) => v6 += 1,
            None => others += 1,
        }
    }
    // What the server cannot read is of no family.
    if v4 > 1 || v6 > 1 || (others > 0 && v4 + v6 + others > 1) {
        cx.invalid(spec.at("podCIDRs"), "may specify no more than one CIDR for each IP family");
    }
}

/// `ValidateNodeUpdate`
pub(super) fn node_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let Some(spec) = new.get("spec") else { return };
    let external = |spec: Value<'_>| spec.text("externalID").to_owned();
    if external(spec) != old.get("spec").map(external).unwrap_or_default() {
        cx.forbidden_change(spec.at("externalID"), "may not be updated");
    }
    let Some(before) = old.get("spec") else { return };
    let old_cidrs = cidrs(before);
    let new_cidrs = cidrs(spec);
    // The server copied the older field to the newer one, which stays when no manifest has any.
    let is_kept = new_cidrs.is_empty() && !before.has("podCIDRs");
    if !old_cidrs.is_empty() && !is_kept && new_cidrs != old_cidrs {
        let why = "node updates may not change podCIDR except from \"\" to valid";
        cx.forbidden_change(spec.at("podCIDRs"), why);
    }
    if !before.text("providerID").is_empty() && spec.text("providerID") != before.text("providerID") {
        let why = "node updates may not change providerID except from \"\" to valid";
        cx.forbidden_change(spec.at("providerID"), why);
    }
}
