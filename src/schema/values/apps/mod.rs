//! `apps`: Deployments, StatefulSets, DaemonSets, ReplicaSets, ControllerRevisions.

mod controller_revision;
mod daemon_set;
mod deployment;
mod replica_set;
mod stateful_set;

use super::{Cx, Read, pod, workload};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::Value;

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
        && !pod::is_same(new.get("selector"), old.get("selector"))
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

/// The rolling update that the server filled in before stays, of which the manifest says nothing.
fn rolls_on(new: Value<'_>, old: Value<'_>, strategy: &str) -> bool {
    let rolling = |object: Value<'_>| object.path(&["spec", strategy, "rollingUpdate"]).is_some();
    rolling(old) && !rolling(new) && workload::stays(new, old, &["spec", strategy, "rollingUpdate"])
}
