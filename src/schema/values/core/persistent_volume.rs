//! `PersistentVolumes`.

use super::super::pod::{self, node_selector};
use super::super::{Cx, Read};
use super::node_label::node_label_warning;
use super::volume_source::{SOURCES, volume_source};
use super::{checked, same};
use crate::schema::stored::Places;
use crate::schema::text::{name, quantity};
use crate::yaml::Value;

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const MOUNT_OPTIONS: &str = "volume.beta.kubernetes.io/mount-options";
/// Annotations that became fields.
const DEPRECATED_ANNOTATIONS: [(&str, &str); 2] = [
    ("volume.beta.kubernetes.io/storage-class", "deprecated since v1.8; use \"storageClassName\" attribute instead"),
    (MOUNT_OPTIONS, "deprecated since v1.31; use \"mountOptions\" attribute instead"),
];
/// Sources whose drivers are gone.
const GONE: [(&str, &str); 6] = [
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];
/// Sources that may have mount options in the annotation.
const MOUNTABLE: [&str; 13] = [
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "nfs",
    "rbd",
    "quobyte",
    "iscsi",
    "cinder",
    "cephfs",
    "azureFile",
    "vsphereVolume",
    "azureDisk",
    "photonPersistentDisk",
];
/// Labels of nodes and those that took their places.
const SUCCESSORS: [(&str, &str); 5] = [
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
];

/// `ValidatePersistentVolume`
pub(super) fn persistent_volume<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else {
        cx.required(object.at("spec.accessModes"), "");
        cx.required(object.at("spec.capacity"), "");
        cx.required(object.at("spec"), "must specify a volume type");
        return;
    };
    let metadata = object.get("metadata").unwrap_or(object);
    persistent_volume_spec(cx, spec, metadata.text("name"), false);
    if let Some(annotations) = metadata.get("annotations") {
        for (key, why) in DEPRECATED_ANNOTATIONS {
            if annotations.has(key) {
                cx.warn(annotations.at_key(key), why);
            }
        }
        if annotations.has(MOUNT_OPTIONS) && !MOUNTABLE.iter().any(|source| spec.has(source)) {
            cx.forbidden(annotations.at_key(MOUNT_OPTIONS), "may not specify mount options for this volume type");
            cx.called(&format!("metadata.annotations.{MOUNT_OPTIONS}"));
        }
    }
    warnings(cx, spec);
}

/// `accessModes` of volumes and claims.
pub(super) fn access_modes<'a>(cx: &mut Cx<'a>, spec: Value<'a>, why: &str) {
    if spec.count("accessModes") == 0 {
        cx.required(spec.at("accessModes"), why);
    }
    let (mut single, mut others) = (false, false);
    for (index, mode) in spec.texts("accessModes").enumerate() {
        if !ACCESS_MODES.contains(&mode) {
            if let Some(list) = spec.get("accessModes") {
                cx.not_supported(list.at_index(index), &ACCESS_MODES);
                cx.called_at(spec.at("accessModes"), "");
            }
        } else if mode == "ReadWriteOncePod" {
            single = true;
        } else {
            others = true;
        }
    }
    if single && others {
        cx.forbidden(spec.at("accessModes"), "may not use ReadWriteOncePod with other access modes");
    }
}

/// `ValidatePersistentVolumeSpec`: `is_inline` for the one within a `VolumeAttachment`.
pub(in super::super) fn persistent_volume_spec<'a>(cx: &mut Cx<'a>, spec: Value<'a>, volume: &str, is_inline: bool) {
    if is_inline {
        inline(cx, spec);
    }
    access_modes(cx, spec, "");
    if !is_inline {
        capacity(cx, spec);
        if let Some(affinity) = spec.get("nodeAffinity") {
            match affinity.get("required") {
                Some(selector) => node_selector(cx, selector),
                None => cx.required(affinity.at("required"), "must specify required node constraints"),
            }
        }
        checked(cx, spec, "storageClassName", name::dns_subdomain);
        if spec.text_if("volumeMode").is_some_and(|mode| !matches!(mode, "Block" | "Filesystem")) {
            cx.not_supported(spec.at("volumeMode"), &["Block", "Filesystem"]);
        }
        let policy = spec.text("persistentVolumeReclaimPolicy");
        if !matches!(policy, "" | "Delete" | "Recycle" | "Retain") {
            cx.not_supported(spec.at("persistentVolumeReclaimPolicy"), &["Delete", "Recycle", "Retain"]);
        }
    }
    sources(cx, spec, volume);
    let path = spec.get("hostPath").map_or("", |source| source.text("path"));
    let is_root = path.starts_with('/') && path.split('/').all(|part| matches!(part, "" | "." | ".."));
    if is_root && spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
        let why = "may not be 'recycle' for a hostPath mount of '/'";
        cx.forbidden(spec.at("persistentVolumeReclaimPolicy"), why);
    }
    if !is_inline {
        cx.since(34, |cx| attributes_class(cx, spec));
    }
}

fn inline<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    const WHY: &str = "may not be specified in the context of inline volumes";
    for field in ["claimRef", "nodeAffinity"] {
        if spec.has(field) {
            cx.forbidden(spec.at(field), WHY);
        }
    }
    if spec.count("capacity") > 0 {
        cx.forbidden(spec.at("capacity"), WHY);
    }
    if !spec.has("csi") {
        cx.required(spec.at("csi"), "has to be specified in the context of inline volumes");
    }
    if !matches!(spec.text("persistentVolumeReclaimPolicy"), "" | "Retain") {
        let why = "may only be Retain in the context of inline volumes";
        cx.forbidden(spec.at("persistentVolumeReclaimPolicy"), why);
    }
    if !spec.text("storageClassName").is_empty() {
        cx.forbidden(spec.at("storageClassName"), WHY);
    }
    if spec.text_if("volumeMode").is_some_and(|mode| mode != "Filesystem") {
        let why = "may not specify volumeMode other than Filesystem in the context of inline volumes";
        cx.forbidden(spec.at("volumeMode"), why);
    }
}

fn capacity<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let number = spec.count("capacity");
    if number == 0 {
        cx.required(spec.at("capacity"), "");
    }
    let capacity = spec.get("capacity");
    if number > 1 || !capacity.is_some_and(|capacity| capacity.has("storage")) {
        cx.not_supported(spec.at("capacity"), &["storage"]);
    }
    let Some(capacity) = capacity else { return };
    for (resource, _, value) in capacity.entries() {
        let Ok(amount) = quantity::parse_value(value) else { continue };
        if amount.value() < 0 {
            cx.invalid(capacity.at_entry(resource, value), "must be a valid resource quantity");
        }
        if amount <= quantity::Quantity::default() {
            cx.invalid(capacity.at_entry(resource, value), "must be greater than zero");
        }
    }
}

fn sources<'a>(cx: &mut Cx<'a>, spec: Value<'a>, volume: &str) {
    let mut has_one = false;
    for field in SOURCES.into_iter().filter(|field| spec.has(field)) {
        // The server forgot this one.
        if has_one && field != "flexVolume" {
            cx.forbidden(spec.at(field), "may not specify more than 1 volume type");
            if field == "cephfs" {
                cx.called_at(spec.at("cephFS"), "");
            }
            continue;
        }
        has_one = true;
        volume_source(cx, spec, field, volume);
        if field == "local" && !spec.has("nodeAffinity") {
            cx.required(spec.at("nodeAffinity"), "Local volume requires node affinity");
        }
    }
    if !has_one {
        cx.required(spec.here(), "must specify a volume type");
    }
}

fn attributes_class<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(class) = spec.text_if("volumeAttributesClassName") else { return };
    if class.is_empty() {
        cx.required(spec.at("volumeAttributesClassName"), "an empty string is disallowed");
    }
    checked(cx, spec, "volumeAttributesClassName", name::dns_subdomain);
    if !spec.has("csi") {
        cx.required(spec.at("csi"), "has to be specified when using volumeAttributesClassName");
    }
}

/// `GetWarningsForPersistentVolume`
fn warnings<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
        cx.warn(
            spec.at("persistentVolumeReclaimPolicy"),
            "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
        );
    }
    let selector = spec.get("nodeAffinity").and_then(|affinity| affinity.get("required"));
    for term in selector.into_iter().flat_map(|selector| selector.list("nodeSelectorTerms")) {
        for expression in term.list("matchExpressions") {
            node_label_warning(cx, expression.at("key"), expression.text("key"), true);
        }
    }
    for (field, why) in GONE {
        if spec.has(field) {
            cx.warn(spec.at(field), why);
            if field == "storageos" {
                cx.called_at(spec.at("storageOS"), "");
            }
        }
    }
}

/// `ValidatePersistentVolumeUpdate`
pub(super) fn persistent_volume_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(spec), Some(before)) = (new.get("spec"), old.get("spec")) else { return };
    for field in SOURCES {
        let is_same = match (spec.get(field), before.get(field)) {
            (Some(new), Some(old)) if field == "csi" => same_csi(new, old),
            (Some(new), Some(old)) => pod::is_same(Some(new), Some(old)),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            cx.forbidden_change(spec.at(field), "spec.persistentvolumesource is immutable after creation");
            cx.called("spec.persistentvolumesource");
        }
    }
    if spec.text_if("volumeMode") != before.text_if("volumeMode") {
        cx.immutable(spec.at("volumeMode"));
        cx.called("volumeMode");
    }
    if let Some(affinity) = before.get("nodeAffinity")
        && !spec.get("nodeAffinity").is_some_and(|new| is_succeeded(new, affinity))
    {
        cx.changed(spec.at("nodeAffinity"), "field is immutable, except for updating from beta label to GA");
        cx.called("nodeAffinity");
    }
    let class = "volumeAttributesClassName";
    if spec.text_if(class) != before.text_if(class) {
        cx.before(31, |cx| {
            let why = "update is forbidden when the VolumeAttributesClass feature gate is disabled";
            cx.forbidden_change(spec.at(class), why);
        });
    }
    if before.has(class) && !spec.has(class) {
        cx.since(34, |cx| {
            let why = "update from non-nil value to nil is forbidden";
            cx.forbidden_change(spec.at(class), why);
        });
    }
}

/// The secret for resizing may be added later.
fn same_csi(new: Value<'_>, old: Value<'_>) -> bool {
    const LATER: &str = "controllerExpandSecretRef";
    let is_free = |key: &str| key == LATER && !old.has(LATER);
    pod::is_same_without(Some(new), Some(old), &|path| matches!(path, [key] if is_free(key)))
}

/// The same, apart from deprecated labels that were replaced.
fn is_succeeded(new: Value<'_>, old: Value<'_>) -> bool {
    let texts = (new.as_str(), old.as_str());
    if let (Some(new), Some(old)) = texts {
        return new == old || SUCCESSORS.contains(&(old, new));
    }
    if new.entries().len() > 0 || old.entries().len() > 0 {
        return new.entries().all(|(key, _, value)| match old.get(key) {
            Some(old) => is_succeeded(value, old),
            None => same(Some(value), None),
        }) && old.entries().all(|(key, _, value)| new.has(key) || same(None, Some(value)));
    }
    new.items().len() == old.items().len() && new.items().zip(old.items()).all(|(new, old)| is_succeeded(new, old))
}
