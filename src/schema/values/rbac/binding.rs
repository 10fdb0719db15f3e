//! Bindings of roles and cluster roles.

use super::super::{Cx, Read, references};
use crate::schema::problem::Cause;
use crate::schema::stored::{Places, Stored};
use crate::schema::text::name;
use crate::yaml::Value;

const GROUP: &str = "rbac.authorization.k8s.io";
const SUBJECTS: [&str; 3] = ["ServiceAccount", "User", "Group"];

/// Users and groups are of this API group, service accounts of the core group.
pub(super) fn defaults(stored: &mut Stored) {
    let is_here = |subject: &Value<'_>| matches!(subject.text("kind"), "User" | "Group") && !subject.has("apiGroup");
    let subjects: Vec<_> = stored.root().list("subjects").filter(is_here).map(Value::id).collect();
    for subject in subjects {
        stored.add(subject, "apiGroup", &GROUP.into());
    }
}

pub(super) fn role_binding<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    role_ref(cx, object, &["Role", "ClusterRole"]);
    for subject in object.list("subjects") {
        role_binding_subject(cx, subject, true);
    }
}

pub(super) fn cluster_role_binding<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    role_ref(cx, object, &["ClusterRole"]);
    for subject in object.list("subjects") {
        role_binding_subject(cx, subject, false);
    }
}

/// The group of a role; an empty one is the default.
fn group_of(role: Value<'_>) -> &str {
    if role.lacks("apiGroup") { GROUP } else { role.text("apiGroup") }
}

fn role_ref<'a>(cx: &mut Cx<'a>, object: Value<'a>, kinds: &[&str]) {
    let Some(role) = object.get("roleRef") else { return };
    if group_of(role) != GROUP {
        cx.not_supported(role.at("apiGroup"), &[GROUP]);
    }
    if !kinds.contains(&role.text("kind")) {
        cx.not_supported(role.at("kind"), kinds);
    }
    references::segment(cx, role, "name");
}

/// `ValidateRoleBindingSubject`
fn role_binding_subject<'a>(cx: &mut Cx<'a>, subject: Value<'a>, is_namespaced: bool) {
    let group = subject.text("apiGroup");
    if subject.lacks("name") {
        cx.required(subject.at("name"), "");
    }
    match subject.text("kind") {
        "ServiceAccount" => {
            if !subject.lacks("name") {
                cx.invalid_each(subject.at("name"), name::dns_subdomain(subject.text("name")));
            }
            if !group.is_empty() {
                cx.not_supported(subject.at("apiGroup"), &[""]);
            }
            if !is_namespaced && subject.lacks("namespace") {
                cx.required(subject.at("namespace"), "");
            }
        }
        "User" | "Group" => {
            if !matches!(group, GROUP | "") {
                cx.not_supported(subject.at("apiGroup"), &[GROUP]);
            }
        }
        _ => cx.not_supported(subject.at("kind"), &SUBJECTS),
    }
}

/// What a binding grants to its subjects stays what it is.
pub(super) fn update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(new), Some(old)) = (new.get("roleRef"), old.get("roleRef")) else { return };
    let (group, kind, name) = (group_of(new), new.text("kind"), new.text("name"));
    if group != group_of(old) || kind != old.text("kind") || name != old.text("name") {
        let shown = format!("{{\"APIGroup\":{group:?},\"Kind\":{kind:?},\"Name\":{name:?}}}");
        let tell = |cx: &mut Cx<'a>, why: &str| {
            cx.push(Cause::Immutable, new.here(), format!("Invalid value: {shown}: {why}"));
        };
        cx.before(37, |cx| tell(cx, "cannot change roleRef"));
        cx.since(37, |cx| tell(cx, "field is immutable"));
    }
}
