//! `metadata` of every kind: `ValidateObjectMeta` and `ValidateObjectMetaUpdate` of apimachinery.

use super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::table::Kind;
use crate::schema::text::name;
use crate::yaml::Value;

/// The largest sum of all keys and values of annotations.
const ANNOTATIONS: usize = 256 << 10;

/// How a kind's name is checked.
pub(in crate::schema) type NameCheck = fn(&str) -> Vec<String>;

/// The name check of a kind. Most names are DNS subdomains, because they become part of host names or of URLs.
fn name_check(kind: Kind) -> NameCheck {
    match (kind.group(), kind.kind()) {
        ("", "Namespace") => name::dns_label,
        ("", "Service") => name::dns_1035_label,
        ("apps", "StatefulSet") => name::dns_label,
        ("policy" | "rbac.authorization.k8s.io", _) => name::path_segment,
        _ => name::dns_subdomain,
    }
}

/// `ValidateObjectMeta` of a built-in kind.
pub(super) fn object_meta<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    validate(cx, name_check(kind), kind.is_namespaced(), object);
}

/// `ValidateObjectMeta` of anything that has `metadata`.
pub(in crate::schema) fn validate<'a>(cx: &mut Cx<'a>, check: NameCheck, namespaced: bool, object: Value<'a>) {
    let is_named = object.get("metadata").is_some_and(|metadata| {
        !metadata.text("name").is_empty() || !metadata.text("generateName").is_empty() || is_opaque(metadata, "name")
    });
    if !is_named {
        cx.required(object.at("metadata.name"), "name or generateName is required");
    }
    if let Some(metadata) = object.get("metadata") {
        embedded(cx, check, namespaced, metadata);
    }
}

/// The same of the metadata of an object inside another one, which needs no name.
pub(in crate::schema) fn embedded<'a>(cx: &mut Cx<'a>, check: NameCheck, namespaced: bool, metadata: Value<'a>) {
    let (name, generate) = (metadata.text("name"), metadata.text("generateName"));
    if !generate.is_empty() {
        // What is generated behind it begins and ends with letters or digits.
        for why in check(&format!("{}a", generate.trim_end_matches('-'))) {
            cx.invalid(metadata.at("generateName"), why);
        }
    }
    if !name.is_empty() {
        for why in check(name) {
            cx.invalid(metadata.at("name"), why);
        }
    }
    // A namespace on a cluster-scoped object is dropped in silence (rest.BeforeCreate).
    let namespace = metadata.text("namespace");
    if namespaced && !namespace.is_empty() {
        for why in name::dns_label(namespace) {
            cx.invalid(metadata.at("namespace"), why);
        }
    }
    if metadata.int("generation").is_some_and(|generation| generation < 0) {
        cx.invalid(metadata.at("generation"), "must be greater than or equal to 0");
    }
    labels(cx, metadata, "labels");
    annotations(cx, metadata, "annotations");
    owner_references(cx, metadata);
    finalizers(cx, metadata);
}

fn is_opaque(metadata: Value<'_>, field: &str) -> bool {
    metadata.get(field).is_some_and(|value| value.as_str().is_none())
}

/// `ValidateLabels`
pub(super) fn labels<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    for (key, value) in parent.pairs(field) {
        for why in name::qualified(key) {
            cx.invalid_shown(parent.at(field), format_args!("{key:?}"), why);
            cx.points_to(key);
        }
        let text = value.as_str().unwrap_or_default();
        for why in name::label_value(text) {
            cx.invalid_shown(parent.at(field), format_args!("{text:?}"), why);
            cx.points_to(key);
        }
    }
}

/// `ValidateAnnotations`
pub(super) fn annotations<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let mut size = 0;
    for (key, value) in parent.pairs(field) {
        for why in name::qualified(&key.to_lowercase()) {
            cx.invalid_shown(parent.at(field), format_args!("{key:?}"), why);
            cx.points_to(key);
        }
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > ANNOTATIONS {
        cx.too_long(parent.at(field), ANNOTATIONS);
    }
}

fn owner_references<'a>(cx: &mut Cx<'a>, metadata: Value<'a>) {
    let mut controllers = Vec::new();
    for owner in metadata.list("ownerReferences") {
        let fields = [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ];
        for (field, why) in fields {
            let text = owner.text(field);
            let version = text.rsplit_once('/').map_or(text, |(_, version)| version);
            if (field == "apiVersion" && version.is_empty()) || text.is_empty() {
                cx.invalid_shown(owner.at(field), format_args!("{text:?}"), why);
                cx.called(&format!("metadata.ownerReferences.{field}"));
            }
        }
        if owner.text("apiVersion") == "v1" && owner.text("kind") == "Event" {
            cx.invalid(owner.here(), "/v1, Kind=Event is disallowed from being an owner");
            cx.called("metadata.ownerReferences");
        }
        if owner.flag("controller") {
            controllers.push(format!("{}/{}", owner.text("kind"), owner.text("name")));
        }
    }
    if let [first, rest @ ..] = controllers.as_slice() {
        for other in rest {
            cx.invalid(
                metadata.at("ownerReferences"),
                format_args!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {other}"
                ),
            );
        }
    }
}

fn finalizers<'a>(cx: &mut Cx<'a>, metadata: Value<'a>) {
    for (index, finalizer) in metadata.texts("finalizers").enumerate() {
        for why in name::qualified(finalizer) {
            cx.invalid_shown(metadata.at("finalizers"), format_args!("{finalizer:?}"), why);
            cx.points_to(&index.to_string());
        }
    }
    let has = |name: &str| metadata.texts("finalizers").any(|finalizer| finalizer == name);
    if has("orphan") && has("foregroundDeletion") {
        cx.invalid(metadata.at("finalizers"), "finalizer orphan and foregroundDeletion cannot be both set");
    }
}
