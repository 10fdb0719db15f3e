//! the core group, Pods' own rules in `pod`.

mod pod;
mod replication_controller;

use super::Cx;
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    match kind.kind() {
        "Pod" => pod::pod_defaults(stored),
        "PodTemplate" => pod::pod_template_defaults(stored),
        "ReplicationController" => replication_controller::replication_controller_defaults(stored),
        _ => {}
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "Pod" => pod::pod(cx, object),
        "PodTemplate" => pod::pod_template(cx, object),
        "ReplicationController" => replication_controller::replication_controller(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    match kind.kind() {
        "Pod" => pod::pod_update(cx, new, old),
        _ => {}
    }
}
