//! `apps`: Deployments, StatefulSets, DaemonSets, ReplicaSets, ControllerRevisions.

mod controller_revision;
mod daemon_set;
mod deployment;
mod replica_set;
mod stateful_set;

use super::{Cx, Read, pod, same};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::{Origin, Value};

/// Defaults that depend on other fields.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    match kind.kind() {
        "Deployment" => deployment::defaults(stored),
        "StatefulSet" => stateful_set::defaults(stored),
        "DaemonSet" => daemon_set::defaults(stored),
        _ => {}
    }
    let template = stored.root().path(&["spec", "template"]).map(Value::id);
    if let Some(template) = template {
        pod::template_defaults(stored, template);
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "Deployment" => deployment::deployment(cx, object),
        "StatefulSet" => stateful_set::stateful_set(cx, object),
        "DaemonSet" => daemon_set::daemon_set(cx, object),
        "ReplicaSet" => replica_set::replica_set(cx, object),
        "ControllerRevision" => controller_revision::controller_revision(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    match kind.kind() {
        "Deployment" => deployment::deployment_update(cx, new, old),
        "StatefulSet" => stateful_set::stateful_set_update(cx, new, old),
        "DaemonSet" => daemon_set::daemon_set_update(cx, new, old),
        "ReplicaSet" => replica_set::replica_set_update(cx, new, old),
        "ControllerRevision" => controller_revision::controller_revision_update(cx, new, old),
        _ => {}
    }
}

/// The selector of a workload cannot be changed.
fn selector_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if let (Some(new), Some(old)) = (new.get("spec"), old.get("spec"))
        && !same::same(new, old, "selector")
    {
        cx.immutable(new.at("selector"));
    }
}

/// The type of an update strategy; an empty one is as good as none.
fn strategy_type(strategy: Value<'_>) -> &str {
    match strategy.text("type") {
        "" => "RollingUpdate",
        text => text,
    }
}

/// Some of a value was filled in by the server. It belongs to nobody, so that server-side apply leaves it where it is.
fn is_default(value: Value<'_>) -> bool {
    value.origin() == Origin::Default || value.entries().any(|(_, _, field)| is_default(field))
}
