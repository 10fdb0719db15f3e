//! `VolumeAttachments`.

use super::super::{Cx, Read, core};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `ValidateVolumeAttachment`
pub(super) fn volume_attachment<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    const ONE: &str = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    let spec = object.get("spec");
    let at = |field: &'static str, path: &'static str| spec.map_or(object.at(path), |spec| spec.at(field));
    core::csi_driver_name(cx, at("attacher", "spec.attacher"));
    let node = spec.map_or("", |spec| spec.text("nodeName"));
    cx.invalid_shown_each(at("nodeName", "spec.nodeName"), format_args!("{node:?}"), name::dns_subdomain(node));
    let Some(source) = spec.and_then(|spec| spec.get("source")) else {
        return cx.required(at("source", "spec.source"), ONE);
    };
    let (inline, volume) = (source.get("inlineVolumeSpec"), source.text_if("persistentVolumeName"));
    match (inline, volume) {
        (None, None) => cx.required(source.here(), ONE),
        (Some(_), Some(_)) => cx.forbidden(source.here(), ONE),
        (None, Some("")) => {
            cx.required(source.at("persistentVolumeName"), "must specify non empty persistentVolumeName");
        }
        (None, Some(_)) => {}
        (Some(inline), None) => core::persistent_volume_spec(cx, inline, "", true),
    }
    if let Some(volume) = volume.filter(|volume| !volume.is_empty()) {
        cx.invalid_each(source.at("persistentVolumeName"), name::dns_subdomain(volume));
    }
}

/// `ValidateVolumeAttachmentUpdate`
pub(super) fn volume_attachment_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if !core::same(new.get("spec"), old.get("spec")) {
        cx.immutable(new.at("spec"));
    }
}
