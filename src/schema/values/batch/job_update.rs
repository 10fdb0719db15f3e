//! What of a Job cannot be changed.

use super::job_spec::{MANAGED, managed_by};
use crate::config::Minor;
use crate::schema::gates;
use crate::schema::stored::Places;
use crate::schema::values::{Cx, Read, pod};
use crate::yaml::{Kind, Origin, Value};

/// `ValidateJobSpecUpdate`
pub(super) fn job_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else { return };
    if new.kind() != Kind::Mapping || old.kind() != Kind::Mapping {
        return;
    }
    completions(cx, new, old);
    let frozen = |cx: &mut Cx<'a>, field: &'static str, is_same: bool| {
        if !is_same {
            cx.immutable(new.at(field));
        }
    };
    let is_same = |field: &str| pod::is_same(new.get(field), old.get(field));
    frozen(cx, "selector", is_same("selector"));
    template(cx, new, old);
    let mode = settled(new, old, "completionMode");
    frozen(cx, "completionMode", mode == old.text_if("completionMode"));
    frozen(cx, "podFailurePolicy", is_same("podFailurePolicy"));
    let (limit, manager) = ("backoffLimitPerIndex", "managedBy");
    frozen(cx, limit, new.int(limit) == old.int(limit));
    cx.before(MANAGED, |cx| {
        managed_by(cx, new);
        frozen(cx, manager, !new.has(manager));
    });
    cx.since(MANAGED, |cx| frozen(cx, manager, new.text_if(manager) == old.text_if(manager)));
    // Before, it was dropped.
    cx.since(31, |cx| frozen(cx, "successPolicy", is_same("successPolicy")));
}

/// What an applied object will have: what the manifest says, else what the server filled in before, which belongs to nobody.
fn kept<'v>(new: Value<'v>, old: Value<'v>, field: &str) -> Option<Value<'v>> {
    let is_default = |value: &Value<'_>| value.origin() == Origin::Default;
    let (said, before) = (new.get(field), old.get(field));
    said.filter(|value| !is_default(value)).or_else(|| before.filter(is_default))
}

fn settled<'v>(new: Value<'v>, old: Value<'v>, field: &str) -> Option<&'v str> {
    kept(new, old, field).or_else(|| new.get(field)).and_then(Value::as_str)
}

/// `validateCompletions`: only an indexed Job may have more or fewer, as many as run at once.
fn completions<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let at = new.at("completions");
    let parallelism = kept(new, old, "parallelism");
    let completions = match kept(new, old, "completions") {
        Some(completions) => completions.as_int(),
        None if parallelism.is_none() => Some(1),
        None => None,
    };
    if completions == old.int("completions") {
        return;
    }
    if settled(new, old, "completionMode") != Some("Indexed") {
        cx.immutable(at);
    } else if completions.is_none() {
        cx.required(at, "when completion mode is Indexed");
    } else if completions.is_some_and(|number| Some(number) != parallelism.map_or(Some(1), Value::as_int)) {
        cx.changed(at, "can only be modified in tandem with spec.parallelism");
    }
}

/// `validatePodTemplateUpdate`
fn template<'a>(cx: &mut Cx<'a>, new_spec: Value<'a>, old_spec: Value<'_>) {
    let (Some(new), Some(old)) = (new_spec.get("template"), old_spec.get("template")) else { return };
    let is_suspended = old_spec.flag("suspend");
    cx.by_dropped_fields(|cx, minor| {
        let frozen = Frozen { scheduling: !is_suspended, resources: !is_suspended || minor.number() < 36, minor };
        let is_whole = frozen.resources;
        if !((!is_whole || frozen.metadata(new, old)) && frozen.pod(new, old)) {
            cx.immutable(new_spec.at(if is_whole { "template" } else { "template.spec" }));
        }
    });
}

/// What of a template is frozen.
#[derive(Clone, Copy)]
struct Frozen {
    /// Where its Pods run, and its labels and annotations.
    scheduling: bool,
    /// The resources of its containers, and what is none of its Pods' specification.
    resources: bool,
    /// The minor that says so.
    minor: Minor,
}

impl Frozen {
    fn metadata(self, new: Value<'_>, old: Value<'_>) -> bool {
        if self.scheduling {
            return pod::is_same_without(Some(new), Some(old), &ends_with(&["spec"]));
        }
        // The one may have no metadata, and the other nothing in it that counts.
        let counts = |template: Value<'_>| {
            let metadata = template.get("metadata");
            metadata.is_some_and(|of| of.entries().any(|(field, ..)| !matches!(field, "labels" | "annotations")))
        };
        (!counts(new) && !counts(old))
            || pod::is_same_without(Some(new), Some(old), &ends_with(&["spec", "labels", "annotations"]))
    }

    fn pod(self, new: Value<'_>, old: Value<'_>) -> bool {
        let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else { return true };
        let is_free = |field: &str| match field {
            "serviceAccountName" | "serviceAccount" => true,
            "nodeSelector" | "tolerations" | "schedulingGates" | "affinity" => !self.scheduling,
            _ => false,
        };
        let skip = |path: &[&str]| {
            let field = path.last().copied().unwrap_or_default();
            let is_of_container = matches!(path, ["containers" | "initContainers", ..]);
            gates::is_dropped(self.minor, path)
                || (is_of_container && field == "resources" && !self.resources)
                || (!is_of_container && is_free(field))
        };
        pod::is_same_without(Some(new), Some(old), &skip)
            && same_account(new, old)
            && (self.scheduling || same_affinity(new, old))
    }
}

/// Fields of these names, wherever they stand.
fn ends_with<'n>(names: &'n [&str]) -> impl Fn(&[&str]) -> bool + 'n {
    |path| path.last().is_some_and(|field| names.contains(field))
}

/// The field has an old name too. The server writes both, and what it wrote into one that the manifest does not say stays.
fn same_account(new: Value<'_>, old: Value<'_>) -> bool {
    let (field, alias) = ("serviceAccountName", "serviceAccount");
    match (new.text(field), old.text(field)) {
        ("", "") => old.text(alias) == new.text(alias) || !old.text(alias).is_empty(),
        ("", before) => new.text(alias).is_empty() || new.text(alias) == before,
        (said, "") => said == old.text(alias),
        (said, before) => said == before,
    }
}

/// Affinities are equal, that to nodes aside.
fn same_affinity(new: Value<'_>, old: Value<'_>) -> bool {
    ["podAffinity", "podAntiAffinity"]
        .into_iter()
        .all(|field| pod::is_same(new.path(&["affinity", field]), old.path(&["affinity", field])))
}
