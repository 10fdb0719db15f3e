//! The kinds of volume sources, each with what the server checks of it.

use super::super::core::{csi_driver_name, filled, persistent_volume_claim_spec};
use super::super::{Cx, Read, metadata};
use super::path;
use super::projected::{items, mode};
use crate::schema::stored::Places;
use crate::schema::text::{name, quantity};
use crate::yaml::Value;

const ISCSI_START: &str = "must be valid format starting with iqn, eui, or naa";
const HOST_PORT: &str = "must be a host:port pair or multiple pairs separated by commas";
const HOST_PATHS: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
const MANAGED_DISK: &str =
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const BLOB_DISK: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
/// What the metadata of a claim's template may not have, as the server calls it.
const NOT_IN_TEMPLATES: [(&str, &str); 13] = [
    ("name", "name"),
    ("generateName", "generateName"),
    ("namespace", "namespace"),
    ("selfLink", "selfLink"),
    ("uid", "uID"),
    ("resourceVersion", "resourceVersion"),
    ("generation", "generation"),
    ("creationTimestamp", "creationTimestamp"),
    ("deletionTimestamp", "deletionTimestamp"),
    ("deletionGracePeriodSeconds", "deletionGracePeriodSeconds"),
    ("ownerReferences", "ownerReferences"),
    ("finalizers", "finalizers"),
    ("managedFields", "managedFields"),
];

/// A text that is there, even if it is empty, is one of some.
pub(in crate::schema) fn supported<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'static str, values: &[&str]) {
    if parent.text_if(field).is_some_and(|text| !values.contains(&text)) {
        cx.not_supported(parent.at(field), values);
    }
}

/// A reference to a Secret of the same namespace, where there is one, has a name.
fn secret_name<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if let Some(secret) = source.get("secretRef") {
        filled(cx, secret, &["name"]);
    }
}

fn has_items(source: Value<'_>, field: &str) -> bool {
    source.count(field) > 0
}

pub(super) fn empty_dir<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let limit = source.get("sizeLimit").and_then(|limit| quantity::parse_value(limit).ok());
    if limit.is_some_and(quantity::Quantity::is_negative) {
        cx.forbidden(source.at("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
}

pub(in crate::schema) fn host_path<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let path = source.text("path");
    if path.is_empty() {
        return cx.required(source.at("path"), "");
    }
    if let Some(why) = path::no_backsteps(path) {
        cx.invalid(source.at("path"), why);
    }
    supported(cx, source, "type", &HOST_PATHS);
}

pub(super) fn git_repo<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["repository"]);
    cx.invalid_each(source.at("directory"), path::descending(source.text("directory")));
}

/// A partition of a disk, whose error speaks of 1 although 0 is fine.
fn partition<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if source.int("partition").is_some_and(|partition| !(0..=255).contains(&partition)) {
        cx.invalid(source.at("partition"), "must be between 1 and 255, inclusive");
    }
}

pub(in crate::schema) fn gce_persistent_disk<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["pdName"]);
    partition(cx, source);
}

pub(in crate::schema) fn aws_elastic_block_store<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["volumeID"]);
    partition(cx, source);
}

pub(super) fn secret<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["secretName"]);
    mode(cx, source, "defaultMode");
    items(cx, source);
}

pub(super) fn config_map<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["name"]);
    mode(cx, source, "defaultMode");
    items(cx, source);
}

pub(in crate::schema) fn nfs<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["server", "path"]);
    let path = source.text("path");
    if !path.starts_with('/') {
        cx.invalid_shown(source.at("path"), format_args!("{path:?}"), "must be an absolute path");
    }
}

pub(in crate::schema) fn iscsi<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["targetPortal", "iqn"]);
    for (field, name) in [("iqn", "iqn"), ("initiatorName", "initiatorname")] {
        let Some(text) = source.text_if(field).filter(|text| field != "iqn" || !text.is_empty()) else { continue };
        if let Some(why) = qualified_iscsi(text) {
            cx.invalid(source.at(field), why);
            cx.called_at(source.at(name), "");
        }
    }
    if source.int("lun").is_some_and(|lun| !(0..=255).contains(&lun)) {
        cx.invalid(source.at("lun"), "must be between 0 and 255, inclusive");
    }
    if (source.flag("chapAuthDiscovery") || source.flag("chapAuthSession")) && !source.has("secretRef") {
        cx.required(source.at("secretRef"), "");
    }
}

/// Why a text is no iSCSI qualified name.
fn qualified_iscsi(text: &str) -> Option<&'static str> {
    let is_alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // The dot of the server's expression stands for any character.
    let numbered = |length: usize| {
        let mut rest = text.chars();
        rest.by_ref().nth(3).is_some_and(|any| any != '\n')
            && rest.as_str().len() == length
            && is_alphanumeric(rest.as_str())
    };
    let is_fine = match text.get(..3) {
        Some("iqn") => text.match_indices("iqn.").any(|(at, _)| is_iqn(text.get(at + 4..).unwrap_or_default())),
        Some("eui") => numbered(16),
        Some("naa") => numbered(32),
        _ => return Some(ISCSI_START),
    };
    (!is_fine).then_some("must be valid format")
}

/// What follows `iqn.`: year and month, a naming authority, and a name behind a colon.
fn is_iqn(rest: &str) -> bool {
    let digits =
        |from: usize, to: usize| rest.get(from..to).is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    if !(digits(0, 4) && rest.get(4..5) == Some("-") && digits(5, 7) && rest.get(7..8) == Some(".")) {
        return false;
    }
    let Some((authority, name)) = rest.get(8..).and_then(|rest| rest.split_once(':')) else { return false };
    let is_authority = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.');
    !authority.is_empty()
        && authority.chars().all(is_authority)
        && !name.is_empty()
        && !name.contains(|char: char| {
            matches!(char, ',' | ';' | '*' | '&' | '$' | '|' | '\t' | '\n' | '\x0c' | '\r' | ' ')
        })
}

pub(in crate::schema) fn glusterfs<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["endpoints", "path"]);
}

pub(in crate::schema) fn flocker<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let (name, uuid) = (source.text("datasetName"), source.text("datasetUUID"));
    if name.is_empty() && uuid.is_empty() {
        cx.required(source.here(), "one of datasetName and datasetUUID is required");
    }
    if !name.is_empty() && !uuid.is_empty() {
        let why = "datasetName and datasetUUID can not be specified simultaneously";
        cx.invalid_shown(source.here(), "\"resource\"", why);
    }
    if name.contains('/') {
        cx.invalid(source.at("datasetName"), "must not contain '/'");
    }
}

pub(super) fn persistent_volume_claim<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["claimName"]);
}

pub(in crate::schema) fn rbd<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    cephfs(cx, source);
    filled(cx, source, &["image"]);
}

pub(in crate::schema) fn cinder<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["volumeID"]);
    secret_name(cx, source);
}

pub(in crate::schema) fn cephfs<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if !has_items(source, "monitors") {
        cx.required(source.at("monitors"), "");
    }
}

pub(in crate::schema) fn quobyte<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let registry = source.text("registry");
    if registry.is_empty() {
        cx.required(source.at("registry"), HOST_PORT);
    } else if source.text("tenant").len() >= 65 {
        cx.required(source.at("tenant"), "must be a UUID and may not exceed a length of 64 characters");
    } else if !registry.split(',').all(is_host_and_port) {
        cx.invalid(source.at("registry"), HOST_PORT);
    }
    filled(cx, source, &["volume"]);
}

/// `net.SplitHostPort` takes it.
fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_plain = |text: &str| !text.contains(['[', ']']);
    match host.strip_prefix('[').map(|host| host.strip_suffix(']')) {
        Some(Some(host)) => is_plain(host) && is_plain(port),
        Some(None) => false,
        None => !host.contains(':') && is_plain(host) && is_plain(port),
    }
}

pub(in crate::schema) fn fc<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let (targets, ids) = (has_items(source, "targetWWNs"), has_items(source, "wwids"));
    if !targets && !ids {
        cx.required(source.at("targetWWNs"), "must specify either targetWWNs or wwids, but not both");
    }
    if targets && ids {
        cx.invalid(source.at("targetWWNs"), "targetWWNs and wwids can not be specified simultaneously");
    }
    if targets {
        match source.int("lun") {
            None => cx.required(source.at("lun"), "lun is required if targetWWNs is specified"),
            Some(0..=255) => {}
            Some(_) => cx.invalid(source.at("lun"), "must be between 0 and 255, inclusive"),
        }
    }
}

pub(in crate::schema) fn flex_volume<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["driver"]);
    let Some(options) = source.get("options") else { return };
    for (key, ..) in options.entries() {
        let domain = key.split_once('/').map_or(key, |(domain, _)| domain).to_lowercase();
        let is_of =
            |suffix: &str| domain.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if is_of("kubernetes.io") || is_of("k8s.io") {
            let why = "kubernetes.io and k8s.io namespaces are reserved";
            cx.invalid_shown(options.at_key(key), format_args!("{key:?}"), why);
        }
    }
}

pub(in crate::schema) fn azure_file<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["secretName", "shareName"]);
}

pub(in crate::schema) fn azure_disk<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["diskName", "diskURI"]);
    supported(cx, source, "cachingMode", &["None", "ReadOnly", "ReadWrite"]);
    supported(cx, source, "kind", &["Dedicated", "Managed", "Shared"]);
    let is_managed = source.text("kind") == "Managed";
    let (start, form) = if is_managed { ("/subscriptions/", MANAGED_DISK) } else { ("https://", BLOB_DISK) };
    if source.has("kind") && !source.text("diskURI").starts_with(start) {
        cx.not_supported(source.at("diskURI"), &[form]);
    }
}

pub(in crate::schema) fn vsphere_volume<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["volumePath"]);
}

pub(in crate::schema) fn photon_persistent_disk<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["pdID"]);
}

pub(in crate::schema) fn portworx_volume<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["volumeID"]);
}

pub(in crate::schema) fn scale_io<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["gateway", "system", "volumeName"]);
}

pub(in crate::schema) fn storage_os<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["volumeName"]);
    for field in ["volumeName", "volumeNamespace"] {
        cx.invalid_each(
            source.at(field),
            source.text_if(field).filter(|text| !text.is_empty()).map(name::dns_label).unwrap_or_default(),
        );
    }
    secret_name(cx, source);
}

pub(super) fn csi<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    csi_driver_name(cx, source.at("driver"));
    let Some(secret) = source.get("nodePublishSecretRef") else { return };
    let name = secret.text("name");
    if name.is_empty() {
        return cx.required(secret.at("name"), "");
    }
    for why in name::dns_subdomain(name) {
        cx.invalid(secret.at("name"), why);
        cx.called_at(source.at("name"), "");
    }
}

pub(super) fn ephemeral<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let Some(template) = source.get("volumeClaimTemplate") else {
        return cx.required(source.at("volumeClaimTemplate"), "");
    };
    if let Some(metadata) = template.get("metadata") {
        metadata::annotations(cx, metadata, "annotations");
        metadata::labels(cx, metadata, "labels");
        for (field, called) in NOT_IN_TEMPLATES {
            let is_zero = |value: Value<'_>| {
                value.as_str() == Some("") || value.as_int() == Some(0) && field != "deletionGracePeriodSeconds"
            };
            if metadata.get(field).is_some_and(|value| !is_zero(value)) {
                cx.forbidden(metadata.at(field), "cannot be set");
                cx.called_at(metadata.at(called), "");
            }
        }
    }
    if let Some(spec) = template.get("spec") {
        persistent_volume_claim_spec(cx, spec, true);
    } else {
        cx.required(template.at("spec.accessModes"), "at least 1 access mode is required");
        cx.required(template.at("spec.resources"), "");
        cx.called_at(template.at("spec.resources"), "[storage]");
    }
}

pub(super) fn image<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if !source.text("pullPolicy").is_empty() {
        supported(cx, source, "pullPolicy", &["Always", "IfNotPresent", "Never"]);
    }
}
