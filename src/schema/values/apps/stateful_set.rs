//! StatefulSets.

use std::collections::HashSet;

use serde_json::json;

use crate::schema::problem::Cause;
use crate::schema::stored::{Places, Stored};
use crate::schema::text::name;
use crate::schema::values::{Cx, Read, core, pod, printed, selector, share, workload};
use crate::yaml::{Kind, Value};

/// An update strategy without a type gets all of its defaults, one with a type none.
pub(super) fn defaults(stored: &mut Stored) {
    let strategy = stored.root().path(&["spec", "updateStrategy"]).filter(|value| value.kind() == Kind::Mapping);
    let Some(strategy) = strategy else { return };
    let (node, untyped, rolling) = (strategy.id(), !strategy.has("type"), strategy.has("rollingUpdate"));
    if strategy.text("type").is_empty() && !rolling {
        stored.add(node, "rollingUpdate", &json!({ "partition": 0 }));
    }
    if untyped {
        stored.add(node, "type", &json!("RollingUpdate"));
    }
}

/// `ValidateStatefulSet`
pub(super) fn stateful_set<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    let management = spec.at("podManagementPolicy");
    if !matches!(spec.text("podManagementPolicy"), "" | "OrderedReady" | "Parallel") {
        cx.invalid(management, "must be 'OrderedReady' or 'Parallel'");
    }
    if let Some(strategy) = spec.get("updateStrategy") {
        update_strategy(cx, spec, strategy);
    }
    cx.on_create(|cx| claim_templates(cx, spec));
    let service = spec.text("serviceName");
    if !service.is_empty() {
        cx.since(33, |cx| {
            cx.on_create(|cx| {
                cx.invalid_each(spec.at("serviceName"), name::dns_label(service));
            });
        });
    }
    selector::label_selector(cx, spec, "selector");
    workload::selector_is_there(cx, spec, "statefulset");
    if workload::selector_and_labels(cx, spec).is_err() {
        // The server gives no reason.
        let at = spec.at("selector");
        let message = format!("Invalid value: {}", printed(at));
        cx.push(Cause::Invalid, at, message);
    } else {
        claim_names(cx, spec);
        pod::stateful_template(cx, spec);
    }
    workload::runs_forever(cx, spec, "StatefulSet");
    if spec.int("revisionHistoryLimit").is_some_and(|limit| limit < 0) {
        let why = "a negative value retains all historical revisions; a value >= 0 is recommended";
        cx.since(33, |cx| cx.warn(spec.at("revisionHistoryLimit"), why));
    }
}

fn update_strategy<'a>(cx: &mut Cx<'a>, spec: Value<'a>, strategy: Value<'a>) {
    match super::strategy_type(strategy) {
        "RollingUpdate" => {
            let Some(rolling) = strategy.get("rollingUpdate") else { return };
            if rolling.int("partition").is_some_and(|partition| partition < 0) {
                cx.invalid(rolling.at("partition"), "must be greater than or equal to 0");
            }
            max_unavailable(cx, rolling);
        }
        "OnDelete" if strategy.has("rollingUpdate") => {
            cx.invalid(strategy.at("rollingUpdate"), "only allowed for updateStrategy 'RollingUpdate'");
        }
        "OnDelete" => {}
        _ => {
            cx.invalid(spec.at("updateStrategy"), "must be 'RollingUpdate' or 'OnDelete'");
            cx.points_to("type");
        }
    }
}

/// How many Pods may be missing at once. Before 1.37 the server drops it.
fn max_unavailable<'a>(cx: &mut Cx<'a>, rolling: Value<'a>) {
    let at = rolling.at("maxUnavailable");
    if at.target().is_some() {
        share::number_or_percent(cx, at);
        if share::is_zero(at) {
            cx.invalid(at, "cannot be 0");
        }
        share::at_most_all(cx, at);
    }
}

/// The claims of every Pod.
fn claim_templates<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    for claim in spec.list("volumeClaimTemplates") {
        let Some(spec) = claim.get("spec") else {
            cx.required(claim.at("spec.accessModes"), "at least 1 access mode is required");
            cx.required(claim.at("spec.resources"), "");
            cx.called_at(claim.at("spec.resources"), "[storage]");
            continue;
        };
        core::persistent_volume_claim_spec(cx, spec, true);
        core::storage_warnings(cx, spec);
    }
}

/// The claims' names are those of volumes, which come before the other volumes of each Pod.
fn claim_names<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let mut names = HashSet::new();
    for claim in spec.list("volumeClaimTemplates") {
        let metadata = claim.get("metadata");
        let at = metadata.map_or_else(|| claim.at("metadata.name"), |metadata| metadata.at("name"));
        let name = metadata.map_or("", |metadata| metadata.text("name"));
        let index = names.len();
        if !names.insert(name) {
            continue;
        }
        let called = |cx: &mut Cx<'a>| cx.called(&format!("spec.template.spec.volumes[{index}].name"));
        if name.is_empty() {
            cx.required(at, "");
            called(cx);
        } else {
            for why in name::dns_label(name) {
                cx.invalid(at, why);
                called(cx);
            }
        }
    }
}

/// `ValidateStatefulSetUpdate`
pub(super) fn stateful_set_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(new_spec), Some(old_spec)) = (new.get("spec"), old.get("spec")) else { return };
    let frozen: Vec<&str> = [
        ("podManagementPolicy", management(new_spec) == management(old_spec)),
        ("selector", pod::is_same(new_spec.get("selector"), old_spec.get("selector"))),
        ("serviceName", new_spec.text("serviceName") == old_spec.text("serviceName")),
        ("volumeClaimTemplates", same_claims(new_spec, old_spec)),
    ]
    .into_iter()
    .filter_map(|(field, is_same)| (!is_same).then_some(field))
    .collect();
    cx.since(37, |cx| frozen.iter().for_each(|field| cx.immutable(new_spec.at(field))));
    cx.before(37, |cx| mutable_fields(cx, (new, new_spec, old_spec), frozen.first().copied()));
    let Some(strategy) = new_spec.get("updateStrategy") else { return };
    if super::strategy_type(strategy) == "OnDelete" && super::rolls_on(new, old, "updateStrategy") {
        cx.changed(strategy.at("rollingUpdate"), "only allowed for updateStrategy 'RollingUpdate'");
    }
}

/// Until 1.36 the server names the fields that may change, and not the one that did: `frozen`, if any may not.
fn mutable_fields<'a>(
    cx: &mut Cx<'a>,
    (new, new_spec, old_spec): (Value<'a>, Value<'a>, Value<'_>),
    frozen: Option<&str>,
) {
    if let Some(field) = frozen {
        cx.forbidden_change(
            new.at("spec"),
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
        cx.points_to(field);
    } else if new_spec.int("revisionHistoryLimit") != old_spec.int("revisionHistoryLimit") {
        cx.before(33, |cx| {
            cx.forbidden_change(
                new.at("spec"),
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
                 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
            );
            cx.points_to("revisionHistoryLimit");
        });
    }
}

/// How Pods come and go; an empty policy is as good as none.
fn management(spec: Value<'_>) -> &str {
    match spec.text("podManagementPolicy") {
        "" => "OrderedReady",
        policy => policy,
    }
}

/// The templates of claims are equal. What they say of their kind does not count.
fn same_claims(new: Value<'_>, old: Value<'_>) -> bool {
    let field = "volumeClaimTemplates";
    let phase = |claim: Value<'_>| match claim.get("status").map_or("", |status| status.text("phase")) {
        "" => "Pending".to_owned(),
        phase => phase.to_owned(),
    };
    let has_status_of = |claim: Value<'_>, other: Value<'_>| {
        let fields = claim.get("status").into_iter().flat_map(Value::entries).filter(|(name, ..)| *name != "phase");
        let same = |name: &str| other.get("status").and_then(|status| status.get(name));
        fields.into_iter().all(|(name, _, value)| pod::is_same(Some(value), same(name)))
    };
    let is_same = |new: Value<'_>, old: Value<'_>| {
        ["metadata", "spec"].into_iter().all(|field| pod::is_same(new.get(field), old.get(field)))
            && phase(new) == phase(old)
            && has_status_of(new, old)
            && has_status_of(old, new)
    };
    new.count(field) == old.count(field) && new.list(field).zip(old.list(field)).all(|(new, old)| is_same(new, old))
}
