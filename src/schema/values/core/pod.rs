//! Pods and `PodTemplate`s; what they are made of is checked in `values::pod`.

use super::super::{Cx, Read, pod};
use crate::schema::stored::{Places, Stored};
use crate::schema::text::name;
use crate::yaml::Value;

/// The defaults of a Pod that depend on other fields.
pub(super) fn pod_defaults(stored: &mut Stored) {
    pod::pod_defaults(stored);
}

/// `ValidatePodCreate`
pub(super) fn pod<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    name_of_host(cx, object, "the Pod's hostname");
    pod::pod(cx, object);
}

/// `ValidatePodUpdate`
pub(super) fn pod_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    pod::pod_update(cx, new, old);
}

/// The defaults of a `PodTemplate` that depend on other fields.
pub(super) fn pod_template_defaults(stored: &mut Stored) {
    if let Some(template) = stored.root().get("template").map(Value::id) {
        pod::template_defaults(stored, template);
    }
}

/// `ValidatePodTemplate`
pub(super) fn pod_template<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    pod::template(cx, object, "template");
}

/// Names of objects become names of hosts.
pub(in crate::schema) fn name_of_host<'a>(cx: &mut Cx<'a>, object: Value<'a>, used_in: &str) {
    let Some(metadata) = object.get("metadata") else { return };
    let name = metadata.text("name");
    let found = if name.is_empty() { Vec::new() } else { name::dns_label(name) };
    if !found.is_empty() {
        let why = format!(
            "this is used in {used_in}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            found.join(" ")
        );
        cx.warn(metadata.at("name"), why);
    }
}
