//! What PersistentVolumes take their storage from.

use super::super::{Cx, Read};
use super::{checked, filled};
use crate::schema::stored::{At, Places};
use crate::schema::text::name;
use crate::yaml::Value;

const HOST_PATHS: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
const HOST_PORT: &str = "must be a host:port pair or multiple pairs separated by commas";
const MANAGED_DISK: &str =
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const BLOB_DISK: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
const LONG_PORTAL: &str = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                           iscsi.initiatorName is specified.";

/// Every kind of source, in the server's order.
pub(super) const SOURCES: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// Check the one source of a volume called `volume`.
pub(super) fn volume_source<'a>(cx: &mut Cx<'a>, spec: Value<'a>, field: &'static str, volume: &str) {
    let Some(source) = spec.get(field) else { return };
    match field {
        "hostPath" => host_path(cx, source),
        "gcePersistentDisk" => disk(cx, spec, source, "pdName", Some("persistentDisk")),
        "awsElasticBlockStore" => disk(cx, spec, source, "volumeID", None),
        "glusterfs" => glusterfs(cx, source),
        "flocker" => flocker(cx, source),
        "nfs" => nfs(cx, source),
        "rbd" => {
            monitors(cx, source);
            filled(cx, source, &["image"]);
        }
        "quobyte" => quobyte(cx, source),
        "cephfs" => monitors(cx, source),
        "iscsi" => iscsi(cx, source, volume),
        "cinder" => {
            filled(cx, source, &["volumeID"]);
            secret(cx, source);
        }
        "fc" => fibre_channel(cx, source),
        "flexVolume" => flex_volume(cx, source),
        "azureFile" => {
            filled(cx, source, &["secretName", "shareName"]);
            if source.text_if("secretNamespace") == Some("") {
                cx.required(source.at("secretNamespace"), "");
            }
        }
        "vsphereVolume" => filled(cx, source, &["volumePath"]),
        "photonPersistentDisk" => filled(cx, source, &["pdID"]),
        "portworxVolume" => filled(cx, source, &["volumeID"]),
        "azureDisk" => azure_disk(cx, source),
        "scaleIO" => filled(cx, source, &["gateway", "system", "volumeName"]),
        "local" => {
            filled(cx, source, &["path"]);
            no_backsteps(cx, source, "path");
        }
        "storageos" => {
            filled(cx, source, &["volumeName"]);
            checked(cx, source, "volumeName", name::dns_label);
            checked(cx, source, "volumeNamespace", name::dns_label);
            secret(cx, source);
        }
        _ => csi(cx, source),
    }
}

/// `validatePathNoBacksteps`
fn no_backsteps<'a>(cx: &mut Cx<'a>, source: Value<'a>, field: &'static str) {
    if source.text(field).split('/').any(|part| part == "..") {
        cx.invalid(source.at(field), "must not contain '..'");
    }
}

fn host_path<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if source.text("path").is_empty() {
        return cx.required(source.at("path"), "");
    }
    no_backsteps(cx, source, "path");
    one_if_there(cx, source, "type", &HOST_PATHS);
}

/// A text that is there, even if it is empty, is one of some.
fn one_if_there<'a>(cx: &mut Cx<'a>, source: Value<'a>, field: &'static str, values: &[&str]) {
    if source.text_if(field).is_some_and(|text| !values.contains(&text)) {
        cx.not_supported(source.at(field), values);
    }
}

/// A disk of a cloud and a partition of it, whose error speaks of 1 although 0 is fine.
fn disk<'a>(cx: &mut Cx<'a>, spec: Value<'a>, source: Value<'a>, id: &'static str, name: Option<&'static str>) {
    let called = |cx: &mut Cx<'a>, field: &str| {
        if let Some(name) = name {
            cx.called_at(spec.at(name), &format!(".{field}"));
        }
    };
    if source.text(id).is_empty() {
        cx.required(source.at(id), "");
        called(cx, id);
    }
    if source.int("partition").is_some_and(|partition| !(0..=255).contains(&partition)) {
        cx.invalid(source.at("partition"), "must be between 1 and 255, inclusive");
        called(cx, "partition");
    }
}

fn glusterfs<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["endpoints", "path"]);
    match source.text_if("endpointsNamespace") {
        Some("") => {
            let why = "if the endpointnamespace is set, it must be a valid namespace name";
            cx.invalid(source.at("endpointsNamespace"), why);
        }
        _ => checked(cx, source, "endpointsNamespace", name::dns_label),
    }
}

fn flocker<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    match (source.text("datasetName"), source.text("datasetUUID")) {
        ("", "") => cx.required(source.here(), "one of datasetName and datasetUUID is required"),
        ("", _) | (_, "") => {}
        _ => {
            let why = "datasetName and datasetUUID can not be specified simultaneously";
            cx.invalid_shown(source.here(), "\"resource\"", why);
        }
    }
    if source.text("datasetName").contains('/') {
        cx.invalid(source.at("datasetName"), "must not contain '/'");
    }
}

fn nfs<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["server", "path"]);
    let path = source.text("path");
    if !path.starts_with('/') {
        cx.invalid_shown(source.at("path"), format_args!("{path:?}"), "must be an absolute path");
    }
}

fn monitors<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if source.count("monitors") == 0 {
        cx.required(source.at("monitors"), "");
    }
}

fn quobyte<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
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
        Some(inner) => inner.is_some_and(is_plain) && is_plain(port),
        None => !host.contains(':') && is_plain(host) && is_plain(port),
    }
}

fn iscsi<'a>(cx: &mut Cx<'a>, source: Value<'a>, volume: &str) {
    filled(cx, source, &["targetPortal", "iqn"]);
    if source.has("initiatorName") && volume.len() + 1 + source.text("targetPortal").len() > 64 {
        cx.invalid(source.at("targetPortal"), LONG_PORTAL);
        cx.called_at(source.at("targetportal"), "");
    }
    let is_wrong = |text: &&str| !is_iscsi_name(text);
    if source.text_if("iqn").filter(|text| !text.is_empty()).is_some_and(|text| is_wrong(&text)) {
        cx.invalid(source.at("iqn"), "must be valid format");
    }
    if source.int("lun").is_some_and(|lun| !(0..=255).contains(&lun)) {
        cx.invalid(source.at("lun"), "must be between 0 and 255, inclusive");
    }
    match source.get("secretRef") {
        Some(secret) => filled(cx, secret, &["name"]),
        None if source.flag("chapAuthDiscovery") || source.flag("chapAuthSession") => {
            cx.required(source.at("secretRef"), "");
        }
        None => {}
    }
    if source.text_if("initiatorName").is_some_and(|text| is_wrong(&text)) {
        cx.invalid(source.at("initiatorName"), "must be valid format");
        cx.called_at(source.at("initiatorname"), "");
    }
}

/// A name of an iSCSI node: `iqn.2001-04.com.example:storage`, `eui.` or `naa.` and digits.
fn is_iscsi_name(text: &str) -> bool {
    let numbered = |length: usize| {
        text.char_indices()
            .nth(4)
            .and_then(|(at, _)| text.get(at..))
            .is_some_and(|rest| rest.len() == length && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    match text.get(..3) {
        Some("iqn") => text.get(3..).is_some_and(is_qualified),
        Some("eui") => numbered(16),
        Some("naa") => numbered(32),
        _ => false,
    }
}

/// What follows `iqn`: year and month, a naming authority, and a name behind a colon.
fn is_qualified(rest: &str) -> bool {
    let is_date = |text: &str| {
        text.bytes().enumerate().all(|(at, byte)| match at {
            0 | 8 => byte == b'.',
            5 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    };
    let Some((date, rest)) = rest.split_at_checked(9) else { return false };
    let Some((authority, name)) = rest.split_once(':') else { return false };
    is_date(date)
        && !authority.is_empty()
        && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !name.is_empty()
        && !name.contains([',', ';', '*', '&', '$', '|', '\t', '\n', '\x0c', '\r', ' '])
}

fn fibre_channel<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let (targets, ids) = (source.count("targetWWNs") > 0, source.count("wwids") > 0);
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

fn flex_volume<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["driver"]);
    let Some(options) = source.get("options") else { return };
    for (key, ..) in options.entries() {
        let domain = key.split_once('/').map_or(key, |(domain, _)| domain).to_lowercase();
        let is_of =
            |parent: &str| domain.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if is_of("kubernetes.io") || is_of("k8s.io") {
            let why = "kubernetes.io and k8s.io namespaces are reserved";
            cx.invalid_shown(options.at_key(key), format_args!("{key:?}"), why);
        }
    }
}

fn azure_disk<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    filled(cx, source, &["diskName", "diskURI"]);
    one_if_there(cx, source, "cachingMode", &["None", "ReadOnly", "ReadWrite"]);
    one_if_there(cx, source, "kind", &["Dedicated", "Managed", "Shared"]);
    let is_managed = source.text("kind") == "Managed";
    let (start, form) = if is_managed { ("/subscriptions/", MANAGED_DISK) } else { ("https://", BLOB_DISK) };
    if !source.text("diskURI").starts_with(start) {
        cx.not_supported(source.at("diskURI"), &[form]);
    }
}

/// A reference to a Secret, where there is one, is complete.
fn secret<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if let Some(secret) = source.get("secretRef") {
        filled(cx, secret, &["name", "namespace"]);
    }
}

fn csi<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    csi_driver_name(cx, source.at("driver"));
    filled(cx, source, &["volumeHandle"]);
    let secrets =
        ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"];
    for secret in secrets.into_iter().filter_map(|field| source.get(field)) {
        filled(cx, secret, &["name", "namespace"]);
        checked(cx, secret, "name", name::dns_subdomain);
        checked(cx, secret, "namespace", name::dns_label);
    }
}

/// `ValidateCSIDriverName`
pub(in super::super) fn csi_driver_name(cx: &mut Cx<'_>, at: At<'_>) {
    let driver = at.target().and_then(Value::as_str).unwrap_or_default();
    if driver.is_empty() {
        return cx.required(at, "");
    }
    if driver.len() > 63 {
        cx.too_long(at, 63);
    }
    for why in name::dns_subdomain(&driver.to_lowercase()) {
        cx.invalid(at, why);
    }
}

#[cfg(test)]
mod tests {
    use super::{is_host_and_port, is_iscsi_name};

    #[test]
    fn iscsi_names_are_read_as_the_server_reads_them() {
        for text in
            ["iqn.2001-04.com.example:storage.disk1", "eui.0123456789abcdef", "naa.62004567BA64678D0123456789ABCDEF"]
        {
            assert!(is_iscsi_name(text), "{text}");
        }
        for text in ["", "iqn", "iqn.2001-04.com.example", "iqn.01-04.com:x", "iqn.2001-04.com:a b", "eui.0123", "é"] {
            assert!(!is_iscsi_name(text), "{text}");
        }
    }

    #[test]
    fn hosts_and_ports_are_split_as_go_splits_them() {
        for (text, is_fine) in
            [("a:1", true), ("[::1]:1", true), (":", true), ("a", false), ("::1", false), ("[a:1", false)]
        {
            assert_eq!(is_host_and_port(text), is_fine, "{text}");
        }
    }
}
