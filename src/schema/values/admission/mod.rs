//! `admissionregistration.k8s.io`: admission policies and webhook configurations.

mod expression;
mod policy;
mod rule;
mod webhook;

use super::{Cx, Read};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::Value;

const FAILURE_POLICIES: &[&str] = &["Fail", "Ignore"];
const MATCH_POLICIES: &[&str] = &["Equivalent", "Exact"];
const REINVOCATION_POLICIES: &[&str] = &["IfNeeded", "Never"];

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "MutatingAdmissionPolicy" => policy::mutating(cx, object),
        "MutatingAdmissionPolicyBinding" => policy::mutating_binding(cx, object),
        "ValidatingAdmissionPolicy" => policy::validating(cx, object),
        "ValidatingAdmissionPolicyBinding" => policy::validating_binding(cx, object),
        "MutatingWebhookConfiguration" => webhook::configuration(cx, object, true),
        "ValidatingWebhookConfiguration" => webhook::configuration(cx, object, false),
        _ => {}
    }
    if let Some(metadata) = object.get("metadata").filter(|metadata| metadata.text("name").ends_with(".static.k8s.io"))
    {
        let (at, is_update) = (metadata.at("name"), cx.is_update());
        let why = "names ending with \".static.k8s.io\" are reserved for static manifest-based configurations and cannot \
                   be managed via the API";
        cx.since(36, |cx| cx.before(if is_update { u8::MAX } else { 37 }, |cx| cx.warn(at, why)));
        cx.since(37, |cx| cx.on_create(|cx| cx.invalid(at, why)));
    }
}

/// What changed: the server checks the new object as a new one.
pub(super) fn validate_update<'a>(_cx: &mut Cx<'a>, _kind: Kind, _new: Value<'a>, _old: Value<'_>) {}

/// A field that is none of the values that the server knows. One that is absent has a default.
fn supported<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str, values: &[&str]) {
    if parent.text_if(field).is_some_and(|text| !values.contains(&text)) {
        cx.not_supported(parent.at(field), values);
    }
}
