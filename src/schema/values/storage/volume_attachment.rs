//! `VolumeAttachments`.

use super::super::{Cx, Read, core};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `ValidateVolumeAttachment`
pub(super) fn volume_attachment<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    const ONE: &str = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    let Some(spec) = object.get("spec") else { return };
    core::csi_driver_name(cx, spec.at("attacher"));
    let node = spec.text("nodeName");
    cx.invalid_shown_each(spec.at("nodeName"), format_args!("{node:?}"), name::dns_subdomain(node));
    let Some(source) = spec.get("source") else {
        return cx.required(spec.at("source"), ONE);
    };
    match (source.get("inlineVolumeSpec"), source.text_if("persistentVolumeName")) {
        (None, None) => cx.required(source.here(), ONE),
        (Some(_), Some(_)) => cx.forbidden(source.here(), ONE),
        (None, Some("")) => {
            cx.required(source.at("persistentVolumeName"), "must specify non empty persistentVolumeName");
        }
        (None, Some(volume)) => {
            cx.invalid_each(source.at("persistentVolumeName"), name::dns_subdomain(volume));
        }
        (Some(inline), None) => core::persistent_volume_spec(cx, inline, "", true),
    }
}

/// `ValidateVolumeAttachmentUpdate`
pub(super) fn volume_attachment_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if !core::same(new.get("spec"), old.get("spec")) {
        cx.immutable(new.at("spec"));
    }
}
