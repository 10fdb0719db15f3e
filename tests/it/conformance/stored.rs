//! `../shared/conformance/crd/stored*`: the objects that a real server makes of manifests, defaulted and pruned, and what
//! `schema::stored` makes of them. `tests/conformance/stored*.passing` has the lines of the data that are equal.

use std::collections::BTreeSet;

use portcullis::schema::builtin;
use portcullis::schema::crd::judge;
use portcullis::schema::crd::repository::version_in;
use portcullis::schema::table::Kind;
use rayon::prelude::*;
use serde_json::Value;

use super::crd::{load, minors, object, packs};

/// What the server itself writes into metadata, or drops from it.
const OWN: [&str; 7] = [
    "uid",
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "deletionGracePeriodSeconds",
];

/// An object without what is the cluster's own: its status, what it allocates and marks, and the namespace that the
/// recording client gave it. What is absent, null or empty is one thing to Go.
fn comparable(object: &Value) -> Value {
    let mut object = without_nothing(object).unwrap_or_default();
    let Some(fields) = object.as_object_mut() else { return object };
    fields.remove("status");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !OWN.contains(&key.as_str()) && key != "namespace");
        if let Some(finalizers) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
            finalizers.retain(|name| name.as_str().is_some_and(|name| !name.ends_with("-protection")));
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("deprecated.daemonset.template.generation");
        }
    }
    if fields["kind"] == "Service"
        && let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut)
    {
        spec.retain(|key, _| !["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"].contains(&key.as_str()));
    }
    without_nothing(&object).unwrap_or_default()
}

fn without_nothing(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(fields) => {
            let kept = |(key, value)| Some((String::clone(key), without_nothing(value)?));
            let fields: serde_json::Map<String, Value> = fields.iter().filter_map(kept).collect();
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.iter().map(|item| without_nothing(item).unwrap_or_default()).collect()),
        other => Some(other.clone()),
    }
}

/// Where two objects differ first.
fn difference(ours: &Value, theirs: &Value, at: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(two)) => {
            let keys: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
            keys.into_iter().find_map(|key| match (one.get(key), two.get(key)) {
                (Some(one), Some(two)) => difference(one, two, &format!("{at}/{key}")),
                (ours, theirs) => Some(format!("{at}/{key}: {ours:?} against {theirs:?}")),
            })
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => one
            .iter()
            .zip(two)
            .enumerate()
            .find_map(|(index, (one, two))| difference(one, two, &format!("{at}/{index}"))),
        (Value::Number(one), Value::Number(two)) if one.as_f64() == two.as_f64() => None,
        (one, two) => (one != two).then(|| format!("{at}: {one} against {two}")),
    }
}

/// Compare each line of a set with what `store` makes of its object.
fn compare(set: &str, store: impl Fn(&Value) -> Option<Value> + Sync) {
    let Some(cases) = load(set) else { return };
    let outcomes: Vec<(String, Option<String>)> = cases
        .par_iter()
        .enumerate()
        .map(|(index, case)| {
            let name = format!("{:03} {}", index + 1, case["kind"].as_str().unwrap_or_default());
            let ours = store(case).map(|ours| comparable(&ours));
            let why = match ours {
                Some(ours) => difference(&ours, &comparable(&case["stored"]), ""),
                None => Some("no schema".to_owned()),
            };
            (name, why)
        })
        .collect();
    let equal: BTreeSet<String> =
        outcomes.iter().filter(|(_, why)| why.is_none()).map(|(name, _)| name.clone()).collect();
    let reasons: Vec<String> =
        outcomes.iter().filter_map(|(name, why)| Some(format!("{name}: {}", why.as_ref()?))).collect();
    println!("{set}: {} of {} equal", equal.len(), cases.len());
    if std::env::var_os("PORTCULLIS_SHOW").is_some() {
        println!("{}", reasons.join("\n"));
    }
    super::ratchet(&format!("{set}.passing"), &equal, &reasons);
}

#[test]
fn custom_resources_are_stored_as_the_server_stores_them() {
    let Some(packs) = packs("crds", "object") else { return };
    compare("stored", |case| {
        let new = object(&case["object"]);
        let version = version_in(packs.get(case["crd"].as_str()?)?, &new)?;
        Some(judge(&new, None, version, minors()).stored.root().to_json())
    });
}

#[test]
fn built_in_kinds_are_stored_as_the_server_stores_them() {
    compare("stored-native", |case| {
        let new = object(&case["object"]);
        let kind = Kind::find(&new.api_version, &new.key.kind)?;
        Some(builtin::judge(&new, None, kind, minors()).stored.root().to_json())
    });
}
