//! What may change of a Pod: images, tolerations, deadlines and scheduling gates.

use std::collections::HashSet;

use super::super::{Cx, Read};
use super::annotations::{APP_ARMOR, MIRROR};
use super::compare::{difference, is_same};
use crate::schema::gates;
use crate::schema::stored::Places;
use crate::yaml::Value;

const MUTABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
                       `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
                       existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                       previously negative)";
/// Taints of nodes that the server lets every Pod tolerate for a while.
const DEFAULTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// `ValidatePodUpdate`
pub(in crate::schema) fn pod_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    annotations(cx, new, old);
    let (Some(spec), Some(before)) = (new.get("spec"), old.get("spec")) else { return };
    for field in ["containers", "initContainers"] {
        if spec.count(field) != before.count(field) {
            return cx.forbidden_change(spec.at(field), "pod updates may not add or remove containers");
        }
    }
    if !deadline(cx, spec, before) {
        return;
    }
    tolerations(cx, spec, before);
    gates(cx, spec, before);
    rest(cx, spec, before);
}

/// `ValidatePodSpecificAnnotationUpdates`
fn annotations<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let Some(metadata) = new.get("metadata") else { return };
    let before = old.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let now = metadata.get("annotations");
    let is_ours = |key: &str| key == MIRROR || key.starts_with(APP_ARMOR);
    let what = |key: &str| if key == MIRROR { "mirror pod annotation" } else { "AppArmor annotations" };
    let mut refuse = |key: &str, verb: &str| {
        cx.forbidden_change(metadata.at("annotations"), format_args!("may not {verb} {}", what(key)));
        cx.called_at(metadata.at("annotations"), &format!("[{key}]"));
        cx.points_to(key);
    };
    for (key, _, value) in before.into_iter().flat_map(Value::entries).filter(|(key, ..)| is_ours(key)) {
        if now.and_then(|now| now.get(key)).is_none_or(|now| !now.same(value)) {
            refuse(key, "remove or update");
        }
    }
    for (key, ..) in now.into_iter().flat_map(Value::entries).filter(|(key, ..)| is_ours(key)) {
        if before.is_none_or(|before| before.get(key).is_none()) {
            refuse(key, "add");
        }
    }
}

/// A deadline may be set and come nearer. The server says no more after an error here, except where it is gone.
fn deadline<'a>(cx: &mut Cx<'a>, spec: Value<'a>, before: Value<'_>) -> bool {
    let at = spec.at("activeDeadlineSeconds");
    match (spec.int("activeDeadlineSeconds"), before.int("activeDeadlineSeconds")) {
        (Some(now), _) if now < 0 || now > i64::from(i32::MAX) => false,
        (Some(now), Some(before)) if before < now => {
            cx.changed(at, "must be less than or equal to previous value");
            false
        }
        (None, Some(_)) => {
            cx.changed(at, "must not update from a positive integer to nil value");
            true
        }
        _ => true,
    }
}

/// `validateOnlyAddedTolerations`; what admission adds to the old Pod must be in the new one, too.
fn tolerations<'a>(cx: &mut Cx<'a>, spec: Value<'a>, before: Value<'_>) {
    let why = "existing toleration can not be modified except its tolerationSeconds";
    let kinds: HashSet<[&str; 4]> = spec.list("tolerations").map(kind).collect();
    let is_there = before.list("tolerations").all(|old| kinds.contains(&kind(old)));
    let keeps_default = |taint: &str| {
        tolerates(before, taint) || !tolerates(spec, taint) || kinds.contains(&[taint, "Exists", "", "NoExecute"])
    };
    if !is_there || !DEFAULTS.into_iter().all(keeps_default) {
        cx.forbidden_change(spec.at("tolerations"), why);
    }
}

/// What a toleration is of, without its time.
fn kind(toleration: Value<'_>) -> [&str; 4] {
    ["key", "operator", "value", "effect"].map(|field| toleration.text(field))
}

/// Admission finds that the Pod says itself what becomes of it on nodes with the taint.
fn tolerates(spec: Value<'_>, taint: &str) -> bool {
    spec.list("tolerations").any(|toleration| {
        matches!(toleration.text("effect"), "" | "NoExecute")
            && (toleration.text("key").is_empty() || toleration.text("key") == taint)
    })
}

/// `validateOnlyDeletedSchedulingGates`
fn gates<'a>(cx: &mut Cx<'a>, spec: Value<'a>, before: Value<'_>) {
    let known: HashSet<&str> = before.list("schedulingGates").map(|gate| gate.text("name")).collect();
    for gate in spec.list("schedulingGates") {
        let name = gate.text("name");
        if !known.contains(name) {
            let why = format_args!("only deletion is allowed, but found new scheduling gate '{name}'");
            cx.forbidden_change(gate.at("name"), why.to_string());
        }
    }
}

/// Everything else stays as it is.
fn rest<'a>(cx: &mut Cx<'a>, spec: Value<'a>, before: Value<'_>) {
    let is_gated = before.count("schedulingGates") > 0;
    let grace = "terminationGracePeriodSeconds";
    let is_mended = before.int(grace).is_some_and(|old| old < 0) && spec.int(grace) == Some(1);
    if is_gated {
        node_selector(cx, spec, before);
        node_affinity(cx, spec, before);
    }
    let account = |spec: Value<'_>| match spec.text("serviceAccountName") {
        "" => spec.text("serviceAccount").to_owned(),
        name => name.to_owned(),
    };
    let is_free = |field: &str| {
        matches!(field, "activeDeadlineSeconds" | "schedulingGates" | "schedulingGroup" | "tolerations")
            || (matches!(field, "serviceAccount" | "serviceAccountName") && account(spec) == account(before))
            || (field == grace && is_mended)
            || (is_gated && matches!(field, "nodeSelector" | "nodeAffinity"))
            || field == "image"
    };
    let is_only_affinity = |spec: Value<'_>| {
        is_gated && spec.get("affinity").is_some_and(|of| of.entries().all(|(field, ..)| field == "nodeAffinity"))
    };
    let loses_nothing = is_only_affinity(spec) && !before.has("affinity");
    cx.by_dropped_fields(|cx, minor| {
        let is_dropped = |path: &[&str]| gates::is_dropped(minor, path);
        // Only the images of containers may change, not those of volumes.
        let skip = |path: &[&str]| {
            let field = path.last().copied().unwrap_or_default();
            let is_volumes = path.first() == Some(&"volumes");
            is_dropped(path) || (!is_volumes && (is_free(field) || (field == "affinity" && loses_nothing)))
        };
        // To Go the resources of a Pod are a pointer, those of a container are not.
        let comes_or_goes = spec.has("resources") != before.has("resources") && !is_dropped(&["resources"]);
        let resources = comes_or_goes.then(|| vec!["resources".to_owned()]);
        let Some(path) = resources.or_else(|| difference(Some(spec), Some(before), &mut Vec::new(), &skip)) else {
            return;
        };
        cx.forbidden_change(spec.here(), MUTABLE);
        for step in path.iter().rev() {
            cx.points_to(step);
        }
    });
}

/// `validateNodeSelectorMutation`: a Pod that waits may ask for more of a node, not for less.
fn node_selector<'a>(cx: &mut Cx<'a>, spec: Value<'a>, before: Value<'_>) {
    let is_kept = |key: &str, old: Value<'_>| {
        spec.get("nodeSelector").and_then(|selector| selector.get(key)).is_some_and(|new| new.same(old))
    };
    if !before.pairs("nodeSelector").all(|(key, old)| is_kept(key, old)) {
        let why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        cx.changed(spec.at("nodeSelector"), why);
    }
}

/// `validateNodeAffinityMutation`
fn node_affinity<'a>(cx: &mut Cx<'a>, spec: Value<'a>, before: Value<'_>) {
    const TERMS: [&str; 4] =
        ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
    const PLACE: &str = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let Some(old) = before.path(&TERMS).filter(|terms| terms.items().len() > 0) else { return };
    let new = spec.path(&TERMS);
    let Some(new) = new.filter(|terms| terms.items().len() == old.items().len()) else {
        return cx.changed(spec.at(PLACE), "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
    };
    for (term, old) in new.items().zip(old.items()) {
        let lists = ["matchExpressions", "matchFields"];
        let was_empty = lists.iter().all(|list| old.count(list) == 0);
        let only_adds = lists.iter().all(|list| {
            term.count(list) >= old.count(list)
                && term.list(list).zip(old.list(list)).all(|(new, old)| is_same(Some(new), Some(old)))
        });
        if !only_adds || (was_empty && lists.iter().any(|list| term.count(list) > 0)) {
            cx.changed(term.here(), "only additions are allowed (no mutations or deletions)");
        }
    }
}
