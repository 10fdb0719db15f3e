//! ReplicaSets, and what Deployments have of them.

use crate::schema::stored::Places;
use crate::schema::values::{Cx, core, pod, selector, workload};
use crate::yaml::Value;

/// `ValidateReplicaSet`
pub(super) fn replica_set<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    core::name_of_host(cx, object, "Pod names and hostnames");
    if let Some(spec) = object.get("spec") {
        selector_and_template(cx, spec);
    }
}

/// The selector, the template, and the two together.
pub(super) fn selector_and_template<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    selector::label_selector(cx, spec, "selector");
    workload::selector_is_there(cx, spec, "deployment");
    // Behind a selector that makes no sense the server does not look at the template.
    if workload::selector_and_labels(cx, spec).is_err() {
        cx.invalid(spec.at("selector"), "invalid label selector");
        return;
    }
    pod::template(cx, spec, "template");
    workload::runs_forever(cx, spec, "ReplicaSet");
}

/// `ValidateReplicaSetUpdate`
pub(super) fn replica_set_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    super::selector_update(cx, new, old);
}
