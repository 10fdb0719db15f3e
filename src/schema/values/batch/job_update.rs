//! What of a Job cannot be changed.

use crate::schema::stored::Places;
use crate::schema::values::{Cx, Read, same};
use crate::yaml::{Kind, Origin, Value};

/// `ValidateJobSpecUpdate`
pub(super) fn job_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else { return };
    if new.kind() != Kind::Mapping || old.kind() != Kind::Mapping {
        return;
    }
    completions(cx, new, old);
    let immutable = |cx: &mut Cx<'a>, field: &'static str| {
        if !same::same(new, old, field) {
            cx.immutable(new.at(field));
        }
    };
    immutable(cx, "selector");
    template(cx, new, old);
    if settled(new, old, "completionMode") != old.get("completionMode").and_then(Value::as_str) {
        cx.immutable(new.at("completionMode"));
    }
    for field in ["podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        immutable(cx, field);
    }
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
    } else if completions.is_some_and(|number| Some(number) != parallelism.map_or(Some(1), Value::as_int)) {
        cx.changed(at, "can only be modified in tandem with spec.parallelism");
    }
}

/// `validatePodTemplateUpdate`
fn template<'a>(cx: &mut Cx<'a>, new_spec: Value<'a>, old_spec: Value<'_>) {
    let (Some(new), Some(old)) = (new_spec.get("template"), old_spec.get("template")) else { return };
    let is_suspended = old_spec.flag("suspend");
    let frozen = Frozen { scheduling: !is_suspended, resources: true };
    let is_same = frozen.metadata(new, old) && frozen.pod(new, old);
    if !is_suspended {
        if !is_same {
            cx.immutable(new_spec.at("template"));
        }
        return;
    }
    cx.before(36, |cx| {
        if !is_same {
            cx.immutable(new_spec.at("template"));
        }
    });
    if !(Frozen { resources: false, ..frozen }).pod(new, old) {
        cx.since(36, |cx| cx.immutable(new_spec.at("template.spec")));
    }
}

/// What of a template is frozen.
#[derive(Clone, Copy)]
struct Frozen {
    /// Where its Pods run, and its labels and annotations.
    scheduling: bool,
    /// The resources of its containers.
    resources: bool,
}

impl Frozen {
    fn metadata(self, new: Value<'_>, old: Value<'_>) -> bool {
        let skip: &[&str] = if self.scheduling { &[] } else { &["labels", "annotations"] };
        match (new.get("metadata"), old.get("metadata")) {
            (Some(new), Some(old)) => same::same_without(new, old, skip),
            (Some(only), None) | (None, Some(only)) => {
                only.entries().all(|(key, _, value)| skip.contains(&key) || same::same_values(key, Some(value), None))
            }
            (None, None) => true,
        }
    }

    fn pod(self, new: Value<'_>, old: Value<'_>) -> bool {
        let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else {
            return same::same(new, old, "spec");
        };
        let mut skip = vec!["serviceAccountName", "serviceAccount", "containers", "initContainers"];
        if !self.scheduling {
            skip.extend(["nodeSelector", "tolerations", "schedulingGates", "affinity"]);
        }
        same::same_without(new, old, &skip)
            && same_account(new, old)
            && (self.scheduling || same_affinity(new, old))
            && self.containers(new, old, "containers")
            && self.containers(new, old, "initContainers")
    }

    fn containers(self, new: Value<'_>, old: Value<'_>, field: &str) -> bool {
        if self.resources || new.count(field) != old.count(field) {
            return same::same(new, old, field);
        }
        new.list(field).zip(old.list(field)).all(|(new, old)| same::same_without(new, old, &["resources"]))
    }
}

/// The old name of the field follows the new one; what the server wrote into the new one stays.
fn same_account(new: Value<'_>, old: Value<'_>) -> bool {
    let (field, alias) = ("serviceAccountName", "serviceAccount");
    match (new.text(field), old.text(field)) {
        ("", "") => old.text(alias) == new.text(alias) || !old.text(alias).is_empty(),
        ("", before) => new.text(alias) == before,
        (said, "") => said == old.text(alias),
        (said, before) => said == before,
    }
}

/// Affinities are equal, that to nodes aside.
fn same_affinity(new: Value<'_>, old: Value<'_>) -> bool {
    ["podAffinity", "podAntiAffinity"]
        .into_iter()
        .all(|field| same::same_values(field, new.path(&["affinity", field]), old.path(&["affinity", field])))
}
