//! IP addresses that a Service or something else holds.

use super::super::{Cx, Read, references};
use crate::schema::stored::Places;
use crate::schema::text::{ip, name};
use crate::yaml::Value;

pub(super) fn ip_address<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if let Some(metadata) = object.get("metadata") {
        for field in ["generateName", "name"] {
            if let Some(why) =
                metadata.text_if(field).filter(|name| !name.is_empty()).and_then(|name| ip::canonical(name).err())
            {
                cx.invalid(metadata.at(field), why);
            }
        }
    }
    let Some(spec) = object.get("spec") else { return };
    let Some(parent) = spec.get("parentRef") else { return cx.required(spec.at("parentRef"), "") };
    if !parent.lacks("group") {
        cx.invalid_each(parent.at("group"), name::dns_subdomain(parent.text("group")));
    }
    references::segment(cx, parent, "resource");
    references::segment(cx, parent, "name");
    if !parent.lacks("namespace") {
        references::segment(cx, parent, "namespace");
    }
}

pub(super) fn ip_address_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(now), Some(before)) = (new.path(&["spec", "parentRef"]), old.path(&["spec", "parentRef"])) else {
        return;
    };
    if ["group", "resource", "namespace", "name"].into_iter().any(|field| now.text(field) != before.text(field)) {
        cx.immutable(now.here());
    }
}
