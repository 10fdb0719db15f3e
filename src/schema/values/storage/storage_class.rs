//! `StorageClasses` and `VolumeAttributesClasses`: a driver and what it is told.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::{Cx, Read, core};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// The largest sum of all keys and values of parameters.
const SIZE: usize = 256 << 10;
/// The most parameters.
const NUMBER: usize = 512;

/// `ValidateStorageClass`
pub(super) fn storage_class<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    driver(cx, object, "provisioner");
    parameters(cx, object);
    if !matches!(object.text("reclaimPolicy"), "" | "Delete" | "Retain") {
        cx.not_supported(object.at("reclaimPolicy"), &["Delete", "Retain"]);
    }
    let mode = object.text_if("volumeBindingMode");
    if mode.is_some_and(|mode| !matches!(mode, "Immediate" | "WaitForFirstConsumer")) {
        cx.not_supported(object.at("volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"]);
    }
    topologies(cx, object);
}

/// `validateProvisioner`
fn driver<'a>(cx: &mut Cx<'a>, object: Value<'a>, field: &'static str) {
    let text = object.text(field);
    if text.is_empty() {
        return cx.required(object.at(field), "");
    }
    let lower = text.to_lowercase();
    cx.invalid_shown_each(object.at(field), format_args!("{lower:?}"), name::qualified(&lower));
}

/// `validateParameters`
fn parameters<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if object.count("parameters") > NUMBER {
        return cx.too_long(object.at("parameters"), NUMBER);
    }
    let mut size = 0;
    for (key, value) in object.pairs("parameters") {
        if key.is_empty() {
            cx.invalid_shown(object.at("parameters"), "\"\"", "field can not be empty.");
            cx.points_to(key);
        }
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > SIZE {
        cx.too_long(object.at("parameters"), SIZE);
    }
}

/// `validateAllowedTopologies`: the terms differ, and so do the keys of one and the values of a key.
fn topologies<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let mut terms: HashSet<BTreeMap<&str, BTreeSet<&str>>> = HashSet::new();
    for term in object.list("allowedTopologies") {
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for expression in term.list("matchLabelExpressions") {
            let key = expression.text("key");
            let mut values = BTreeSet::new();
            match expression.get("values").filter(|list| list.items().len() > 0) {
                None => cx.required(expression.at("values"), ""),
                Some(list) => {
                    for (index, text) in list.items().map(|item| item.as_str().unwrap_or_default()).enumerate() {
                        if !values.insert(text) {
                            cx.duplicate(list.at_index(index));
                        }
                    }
                }
            }
            cx.invalid_shown_each(expression.at("key"), format_args!("{key:?}"), name::qualified(key));
            if all.insert(key, values).is_some() {
                cx.duplicate(expression.at("key"));
            }
            core::node_label_warning(cx, expression.at("key"), key, false);
        }
        // The server compares each term with empty ones, too.
        if all.is_empty() || !terms.insert(all) {
            cx.duplicate_shown(term.at("matchLabelExpressions"), "\"\"");
        }
    }
}

/// `ValidateStorageClassUpdate`
pub(super) fn storage_class_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
        // Before, an empty map was another one than none, as which the old one is stored.
        if field == "parameters" && new.count(field) == 0 && new.has(field) && old.count(field) == 0 {
            cx.before(36, |cx| cx.forbidden_change(new.at(field), "updates to parameters are forbidden."));
            continue;
        }
        if core::same_map(new.get(field), old.get(field)) {
            continue;
        }
        if field == "volumeBindingMode" {
            cx.immutable(new.at(field));
        } else {
            cx.before(36, |cx| {
                cx.forbidden_change(new.at(field), format_args!("updates to {field} are forbidden."));
            });
            cx.since(36, |cx| cx.immutable(new.at(field)));
        }
    }
}

/// `ValidateVolumeAttributesClass`
pub(super) fn volume_attributes_class<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    driver(cx, object, "driverName");
    parameters(cx, object);
    if object.count("parameters") == 0 {
        cx.required(object.at("parameters"), "must contain at least one key/value pair");
    }
}

/// `ValidateVolumeAttributesClassUpdate`
pub(super) fn volume_attributes_class_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    for field in ["driverName", "parameters"] {
        if !core::same_map(new.get(field), old.get(field)) {
            cx.forbidden_change(new.at(field), format_args!("updates to {field} are forbidden."));
        }
    }
}
