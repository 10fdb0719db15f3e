//! What `PersistentVolumes` take their storage from.

use super::super::pod::source;
use super::super::{Cx, Read};
use super::{checked, filled};
use crate::schema::stored::{At, Places};
use crate::schema::text::name;
use crate::yaml::Value;

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

/// Check the one source of a volume called `volume`. Most are those of Pods.
pub(super) fn volume_source<'a>(cx: &mut Cx<'a>, spec: Value<'a>, field: &'static str, volume: &str) {
    let Some(source) = spec.get(field) else { return };
    match field {
        "hostPath" => source::host_path(cx, source),
        "gcePersistentDisk" => {
            let before = cx.count();
            source::gce_persistent_disk(cx, source);
            cx.moved(before, source.here(), spec.at("persistentDisk"));
        }
        "awsElasticBlockStore" => source::aws_elastic_block_store(cx, source),
        "glusterfs" => glusterfs(cx, source),
        "flocker" => source::flocker(cx, source),
        "nfs" => source::nfs(cx, source),
        "rbd" => source::rbd(cx, source),
        "quobyte" => source::quobyte(cx, source),
        "cephfs" => source::cephfs(cx, source),
        "iscsi" => iscsi(cx, source, volume),
        "cinder" => {
            source::cinder(cx, source);
            secret_namespace(cx, source);
        }
        "fc" => source::fc(cx, source),
        "flexVolume" => source::flex_volume(cx, source),
        "azureFile" => {
            source::azure_file(cx, source);
            if source.text_if("secretNamespace") == Some("") {
                cx.required(source.at("secretNamespace"), "");
            }
        }
        "vsphereVolume" => source::vsphere_volume(cx, source),
        "photonPersistentDisk" => source::photon_persistent_disk(cx, source),
        "portworxVolume" => source::portworx_volume(cx, source),
        "azureDisk" => source::azure_disk(cx, source),
        "scaleIO" => source::scale_io(cx, source),
        "local" => {
            filled(cx, source, &["path"]);
            if source.text("path").split('/').any(|part| part == "..") {
                cx.invalid(source.at("path"), "must not contain '..'");
            }
        }
        "storageos" => {
            source::storage_os(cx, source);
            secret_namespace(cx, source);
        }
        _ => csi(cx, source),
    }
}

fn glusterfs<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    source::glusterfs(cx, source);
    match source.text_if("endpointsNamespace") {
        Some("") => {
            let why = "if the endpointnamespace is set, it must be a valid namespace name";
            cx.invalid(source.at("endpointsNamespace"), why);
        }
        _ => checked(cx, source, "endpointsNamespace", name::dns_label),
    }
}

fn iscsi<'a>(cx: &mut Cx<'a>, source: Value<'a>, volume: &str) {
    source::iscsi(cx, source);
    if source.has("initiatorName") && volume.len() + 1 + source.text("targetPortal").len() > 64 {
        cx.invalid(source.at("targetPortal"), LONG_PORTAL);
        cx.called_at(source.at("targetportal"), "");
    }
    if let Some(secret) = source.get("secretRef") {
        filled(cx, secret, &["name"]);
    }
}

/// The Secret, where there is one, is of some namespace: a volume is of none.
fn secret_namespace<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    if let Some(secret) = source.get("secretRef") {
        filled(cx, secret, &["namespace"]);
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
    cx.invalid_each(at, name::dns_subdomain(&driver.to_lowercase()));
}
