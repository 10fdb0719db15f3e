//! `storage.k8s.io`: storage classes, CSI drivers, volume attributes.

mod csi;
mod storage_class;
mod volume_attachment;

use super::Cx;
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "CSIDriver" => csi::csi_driver(cx, object),
        "CSINode" => csi::csi_node(cx, object),
        "CSIStorageCapacity" => csi::csi_storage_capacity(cx, object),
        "StorageClass" => storage_class::storage_class(cx, object),
        "VolumeAttachment" => volume_attachment::volume_attachment(cx, object),
        "VolumeAttributesClass" => storage_class::volume_attributes_class(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    match kind.kind() {
        "CSIDriver" => csi::csi_driver_update(cx, new, old),
        "CSINode" => csi::csi_node_update(cx, new, old),
        "CSIStorageCapacity" => csi::csi_storage_capacity_update(cx, new, old),
        "StorageClass" => storage_class::storage_class_update(cx, new, old),
        "VolumeAttachment" => volume_attachment::volume_attachment_update(cx, new, old),
        "VolumeAttributesClass" => storage_class::volume_attributes_class_update(cx, new, old),
        _ => {}
    }
}
