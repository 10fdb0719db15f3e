//! `storagemigration.k8s.io`: what is to be stored anew.

use super::pod::is_same;
use super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let target = object.path(&["spec", "resource"]);
    match target.map_or("", |target| target.text("resource")) {
        "" => {
            let at = target.map_or(object.at("spec.resource.resource"), |target| target.at("resource"));
            cx.required(at, "resource is required to be set");
        }
        resource => {
            let whys = name::dns_1035_label(resource);
            cx.invalid_each(target.map_or(object.here(), |target| target.at("resource")), whys);
        }
    }
    if let Some(target) = target.filter(|target| !target.text("group").is_empty()) {
        cx.invalid_each(target.at("group"), name::dns_subdomain(target.text("group")));
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if !is_same(new.get("spec"), old.get("spec")) {
        cx.immutable(new.at("spec"));
    }
}
