//! `rbac.authorization.k8s.io`: roles, cluster roles and their bindings.

mod binding;
mod role;

use super::Cx;
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    if kind.kind().ends_with("Binding") {
        binding::defaults(stored);
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "ClusterRole" => role::cluster_role(cx, object),
        "ClusterRoleBinding" => binding::cluster_role_binding(cx, object),
        "Role" => role::role(cx, object),
        "RoleBinding" => binding::role_binding(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    if kind.kind().ends_with("Binding") {
        binding::update(cx, new, old);
    }
}
