//! `apiregistration.k8s.io`: API services.

use super::{Cx, Read};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::schema::text::{base64, name};
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, _kind: Kind, object: Value<'a>) {
    if let Some(spec) = object.get("spec") {
        own_name(cx, object, spec);
        api_service(cx, spec);
    }
}

/// What changed.
pub(super) fn validate_update<'a>(_cx: &mut Cx<'a>, _kind: Kind, _new: Value<'a>, _old: Value<'_>) {}

/// An API service is named after what it serves.
fn own_name<'a>(cx: &mut Cx<'a>, object: Value<'a>, spec: Value<'a>) {
    let Some(metadata) = object.get("metadata") else { return };
    let (group, version) = (spec.text("group"), spec.text("version"));
    for field in ["generateName", "name"] {
        let Some(text) = metadata.text_if(field).filter(|text| !text.is_empty()) else { continue };
        let is_named_so = text.strip_prefix(version).and_then(|rest| rest.strip_prefix('.')) == Some(group);
        if !is_named_so && name::path_segment(text).is_empty() {
            let wanted = format!("{version}.{group}");
            cx.invalid(metadata.at(field), format_args!("must be `spec.version+\".\"+spec.group`: {wanted:?}"));
        }
    }
}

fn api_service<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let version = spec.text("version");
    if !spec.lacks("group") {
        cx.invalid_each(spec.at("group"), name::dns_subdomain(spec.text("group")));
    } else if version != "v1" {
        cx.required(spec.at("group"), "only v1 may have an empty group and it better be legacy kube");
    }
    cx.invalid_shown_each(spec.at("version"), format_args!("{version:?}"), name::dns_1035_label(version));
    for (field, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let priority = spec.int(field).unwrap_or_default();
        if !(1..=most).contains(&priority) {
            cx.invalid_shown(spec.at(field), priority, format_args!("must be positive and less than {most}"));
        }
    }
    let Some(service) = spec.get("service") else { return local(cx, spec) };
    for field in ["namespace", "name"] {
        if service.lacks(field) {
            cx.required(service.at(field), "");
        }
    }
    if let Some(why) = service.int("port").and_then(name::port_number) {
        cx.invalid(service.at("port"), format_args!("port is not valid: {why}"));
    }
    if spec.flag("insecureSkipTLSVerify") && !spec.lacks("caBundle") {
        cx.invalid(spec.at("insecureSkipTLSVerify"), "may not be true if caBundle is present");
    }
}

/// An API service that the API server itself serves.
fn local<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let bytes = base64::decode(spec.text("caBundle")).map_or(0, |bundle| bundle.len());
    if bytes > 0 {
        let shown = format_args!("\"{bytes} bytes\"");
        cx.invalid_shown(spec.at("caBundle"), shown, "local APIServices may not have a caBundle");
    }
    if spec.flag("insecureSkipTLSVerify") {
        cx.invalid(spec.at("insecureSkipTLSVerify"), "local APIServices may not have insecureSkipTLSVerify");
    }
}
