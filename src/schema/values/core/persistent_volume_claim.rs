//! `PersistentVolumeClaims`, and their templates.

use super::super::{Cx, Read, selector};
use super::persistent_volume::access_modes;
use super::{checked, same};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::text::quantity::{self, Quantity};
use crate::yaml::Value;

const CLASS: &str = "volume.beta.kubernetes.io/storage-class";
const FROZEN: &str =
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
const LESS: &str = "field can not be less than status.capacity";

/// `ValidatePersistentVolumeClaim`
pub(super) fn persistent_volume_claim<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if let Some(spec) = object.get("spec") {
        persistent_volume_claim_spec(cx, spec, false);
        storage_warnings(cx, spec);
    } else {
        cx.required(object.at("spec.accessModes"), "at least 1 access mode is required");
        cx.required(object.at("spec.resources"), "");
        cx.called("spec.resources[storage]");
    }
    if let Some(annotations) = object.path(&["metadata", "annotations"]).filter(|all| all.has(CLASS)) {
        cx.warn(annotations.at_key(CLASS), "deprecated since v1.8; use \"storageClassName\" attribute instead");
    }
}

/// `ValidatePersistentVolumeClaimSpec`, of a claim or of a template for some.
pub(in super::super) fn persistent_volume_claim_spec<'a>(cx: &mut Cx<'a>, spec: Value<'a>, is_template: bool) {
    access_modes(cx, spec, "at least 1 access mode is required");
    selector::label_selector(cx, spec, "selector");
    storage(cx, spec);
    checked(cx, spec, "storageClassName", name::dns_subdomain);
    if spec.text_if("volumeMode").is_some_and(|mode| !matches!(mode, "Block" | "Filesystem")) {
        cx.not_supported(spec.at("volumeMode"), &["Block", "Filesystem"]);
    }
    if is_template {
        for field in ["dataSource", "dataSourceRef"] {
            if let Some(source) = spec.get(field) {
                data_source(cx, source, spec, field);
            }
        }
    } else {
        data_sources(cx, spec);
    }
    cx.since(34, |cx| checked(cx, spec, "volumeAttributesClassName", name::dns_subdomain));
}

/// What is claimed: a positive amount.
fn storage<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let requests = spec.get("resources").and_then(|resources| resources.get("requests"));
    let called = |cx: &mut Cx<'a>| cx.called_at(spec.at("resources"), "[storage]");
    match requests.and_then(|requests| Some((requests, requests.get("storage")?))) {
        None => {
            let field = if requests.is_some() { "resources.requests" } else { "resources" };
            cx.required(spec.at(field), "");
            called(cx);
        }
        Some((requests, value)) => {
            if quantity::parse_value(value).is_ok_and(|amount| amount <= Quantity::default()) {
                cx.invalid(requests.at_key("storage"), "must be greater than zero");
                called(cx);
            }
        }
    }
}

/// Where the volume's first content comes from. The server copies the older field to the newer one and back, so that it
/// complains of both; and drops what the older one could never hold.
fn data_sources<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let is_local = |reference: &Value<'a>| reference.text("namespace").is_empty();
    let (source, reference) = (spec.get("dataSource"), spec.get("dataSourceRef").filter(is_local));
    match (source, reference) {
        (Some(one), None) if is_claim_or_snapshot(one) || was_filled(cx) => {
            data_source(cx, one, spec, "dataSource");
            data_source(cx, one, spec, "dataSourceRef");
        }
        (None, Some(one)) => {
            data_source(cx, one, spec, "dataSource");
            data_source(cx, one, spec, "dataSourceRef");
        }
        (Some(source), Some(reference)) => {
            data_source(cx, source, spec, "dataSource");
            data_source(cx, reference, spec, "dataSourceRef");
            let differs = |field: &str| source.text_if(field) != reference.text_if(field);
            if ["apiGroup", "kind", "name"].into_iter().any(differs) {
                cx.invalid_shown(spec.at("dataSource"), "{}", "must match dataSourceRef");
                cx.called_at(spec.here(), "");
            }
        }
        _ => {}
    }
}

/// The claim that is updated has a data source.
fn was_filled(cx: &Cx<'_>) -> bool {
    cx.old.and_then(|old| old.get("spec")).and_then(kept_source).is_some()
}

/// `dataSourceIsPvcOrSnapshot`
fn is_claim_or_snapshot(source: Value<'_>) -> bool {
    matches!(
        (source.text("apiGroup"), source.text("kind")),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    )
}

/// `validateDataSource`, told of a field that holds `source`, or that the server copies it to.
fn data_source<'a>(cx: &mut Cx<'a>, source: Value<'a>, spec: Value<'a>, field: &'a str) {
    let at = spec.get(field).map_or(spec.at(field), Places::here);
    let below = |name: &'static str| spec.get(field).map_or(spec.at(field), |value| value.at(name));
    for name in ["name", "kind"] {
        if source.text(name).is_empty() {
            cx.required(below(name), "");
            cx.called_at(at, &format!(".{name}"));
        }
    }
    let (group, kind) = (source.text("apiGroup"), source.text("kind"));
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        let why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        cx.invalid_shown(at, format_args!("{kind:?}"), why);
    }
    if !group.is_empty() {
        for why in name::dns_subdomain(group) {
            cx.invalid_shown(below("apiGroup"), format_args!("{group:?}"), why);
            cx.called_at(at, ".apiGroup");
        }
    }
}

/// `GetWarningsForPersistentVolumeClaimSpec`
pub(in super::super) fn storage_warnings<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    for list in ["requests", "limits"].into_iter().filter_map(|field| spec.get("resources")?.get(field)) {
        let Some(value) = list.get("storage") else { continue };
        if quantity::parse_value(value).is_ok_and(|amount| amount.milli_value() % 1000 != 0) {
            let shown = serde_json::to_string(&value).unwrap_or_default();
            let shown = shown.trim_matches('"');
            cx.warn(
                list.at_key("storage"),
                format_args!("fractional byte value {shown:?} is invalid, must be an integer"),
            );
        }
    }
}

/// What the server keeps as the data source: group, kind and name.
fn kept_source<'a>(spec: Value<'a>) -> Option<[&'a str; 3]> {
    let is_local = |reference: &Value<'a>| reference.text("namespace").is_empty();
    let reference = spec.get("dataSourceRef").filter(is_local);
    let source = reference.or_else(|| spec.get("dataSource").filter(|source| is_claim_or_snapshot(*source)))?;
    Some(key(source))
}

fn key(source: Value<'_>) -> [&str; 3] {
    ["apiGroup", "kind", "name"].map(|field| source.text(field))
}

/// `ValidatePersistentVolumeClaimUpdate`, for a claim that is not bound: whether a bound one may grow is for its volume
/// and `StorageClass` to say, which no manifest tells.
pub(super) fn persistent_volume_claim_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let Some(before) = old.get("spec") else { return };
    let Some(spec) = new.get("spec") else {
        cx.forbidden_change(new.at("spec"), FROZEN);
        cx.forbidden_change(new.at("spec.resources.requests.storage"), LESS);
        if before.text("volumeMode") == "Block" {
            cx.immutable(new.at("spec.volumeMode"));
            cx.called("volumeMode");
        }
        return;
    };
    let frozen = |cx: &mut Cx<'a>, field: &'static str| {
        cx.forbidden_change(spec.at(field), FROZEN);
        cx.called_at(spec.here(), "");
    };
    if !same(spec.get("accessModes"), before.get("accessModes")) {
        frozen(cx, "accessModes");
    }
    // An empty selector is one all the same.
    let has_both = spec.has("selector") == before.has("selector");
    if !has_both || !same(spec.get("selector"), before.get("selector")) {
        frozen(cx, "selector");
    }
    // The server kept a copy of the one in the other field, which stays when no manifest has any.
    let has_copy = before.has("dataSource") != before.has("dataSourceRef");
    let is_left_out = !spec.has("dataSource") && !spec.has("dataSourceRef");
    let is_same = match (kept_source(spec), kept_source(before)) {
        (None, Some(_)) if is_left_out => has_copy,
        (None, Some(before)) => spec.get("dataSource").map(key) == Some(before),
        (new, old) => new == old,
    };
    if !is_same {
        let field = if spec.has("dataSourceRef") || !spec.has("dataSource") { "dataSourceRef" } else { "dataSource" };
        frozen(cx, field);
    }
    let amount = |spec: Value<'_>| {
        let value = spec.path(&["resources", "requests", "storage"]);
        value.map_or(Some(Quantity::default()), |value| quantity::parse_value(value).ok())
    };
    let amounts = amount(spec).zip(amount(before));
    for (list, field) in [("limits", "resources.limits"), ("requests", "resources.requests")] {
        if !same_amounts(spec.path(&["resources", list]), before.path(&["resources", list])) {
            frozen(cx, field);
            if list == "requests" && amounts.is_some_and(|(new, old)| new > old) {
                cx.may_grow();
            }
        }
    }
    if !before.text("volumeName").is_empty() && spec.text("volumeName") != before.text("volumeName") {
        frozen(cx, "volumeName");
    }
    if spec.text_if("volumeAttributesClassName") != before.text_if("volumeAttributesClassName") {
        cx.since(34, |cx| frozen(cx, "volumeAttributesClassName"));
    }
    storage_class_update(cx, (new, spec), (old, before), |cx| frozen(cx, "storageClassName"));
    if spec.text_if("volumeMode") != before.text_if("volumeMode") {
        frozen(cx, "volumeMode");
        cx.immutable(spec.at("volumeMode"));
        cx.called("volumeMode");
    }
    if let Some((new, old)) = amounts
        && new < old
    {
        let at = spec.at("resources.requests.storage");
        cx.before(32, |cx| cx.forbidden_change(at, "field can not be less than previous value"));
        if new <= Quantity::default() {
            cx.since(32, |cx| cx.forbidden_change(at, LESS));
        }
    }
}

/// The class may be set once, or move from the annotation to the field.
fn storage_class_update<'a>(
    cx: &mut Cx<'a>,
    (new, spec): (Value<'a>, Value<'a>),
    (old, before): (Value<'_>, Value<'_>),
    frozen: impl FnOnce(&mut Cx<'a>),
) {
    let (class, old_class) = (spec.text_if("storageClassName"), before.text_if("storageClassName"));
    let (noted, old_noted) = (noted_class(new), noted_class(old));
    let moves = old_noted.is_some() && old_class.is_none() && class == old_noted;
    if moves && (noted.is_none() || noted == old_noted) {
        return;
    }
    if noted.unwrap_or_default() != old_noted.unwrap_or_default() {
        match new.path(&["metadata", "annotations"]) {
            Some(annotations) => cx.immutable(annotations.at_key(CLASS)),
            None => cx.immutable(new.at("metadata.annotations")),
        }
        cx.called(&format!("metadata.annotations.{CLASS}"));
    }
    let is_first = old_class.is_none() && class.is_some() && (old_noted.is_none() || old_noted == class);
    if class != old_class && !is_first {
        frozen(cx);
    }
}

/// The class in the annotation, which was there before the field.
fn noted_class(object: Value<'_>) -> Option<&str> {
    object.path(&["metadata", "annotations"])?.text_if(CLASS)
}

/// Two resource lists are equal, however their amounts are written.
fn same_amounts(new: Option<Value<'_>>, old: Option<Value<'_>>) -> bool {
    let count = |list: Option<Value<'_>>| list.map_or(0, |list| list.entries().len());
    count(new) == count(old)
        && new.into_iter().flat_map(Value::entries).all(|(key, _, new)| {
            let old = old.and_then(|old| old.get(key));
            old.is_some_and(|old| new.same(old) || quantity::parse_value(new) == quantity::parse_value(old))
        })
}
