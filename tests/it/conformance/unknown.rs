//! A value that is unknown satisfies any check on itself: of an object that the server accepts nothing is refused when one
//! of its texts is not known.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis::config::Minor;
use portcullis::manifest::object::{Object, objects_of};
use portcullis::manifest::unknown::Unknown;
use portcullis::schema::builtin::judge;
use portcullis::schema::minors::MinorSet;
use portcullis::schema::problem::Cause;
use portcullis::schema::table::Kind;
use portcullis::source::{RepoPath, Side};
use portcullis::yaml::{Dialect, pointer, read};
use serde_json::Value;

use super::apiserver::lines;

/// What is refused nevertheless: nobody has a name replaced that the same object's CEL or schema must know, and the
/// selector that was filled in from labels that were not known is the old object's.
fn is_told(place: &str) -> bool {
    place.starts_with("ValidatingAdmissionPolicy /spec/variables//name")
        || (place.starts_with("CustomResourceDefinition ") && place.contains("/required/"))
        || (place.starts_with("ReplicationController ") && place.ends_with(" after"))
}

/// The object of a text, with what is unknown at a pointer.
fn object_of(text: &str, at: Option<&str>) -> Option<Object> {
    let stream = read(RepoPath::from("object.json"), Side::Head, text.as_bytes(), Dialect::Kubectl);
    let document = Arc::new(stream.documents.into_iter().next()?);
    let found = at.map(|at| pointer::find(document.root(), at));
    let unknown = Unknown::from_iter(found.map(|found| (found.value.id(), "replaced")));
    objects_of(&document, unknown).into_iter().next()
}

/// The pointers of all texts below a value.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| texts(item, &format!("{at}/{i}"), found)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| texts(value, &pointer::child(at, key), found)),
        _ => {}
    }
}

#[test]
fn what_is_unknown_is_not_refused() {
    let Some(cases) = lines("apiserver/real.jsonl.gz") else { return };
    let step: usize = std::env::var("STEP").map_or(25, |step| step.parse().unwrap());
    let minor = Minor::parse("1.36").unwrap();
    let (mut asked, mut refused) = (0, BTreeMap::new());
    for case in cases.iter().filter(|case| case["verdict"] == "accept").step_by(step) {
        let whole = &case["object"];
        let (version, name) = (whole["apiVersion"].as_str().unwrap(), whole["kind"].as_str().unwrap());
        let Some(kind) = Kind::find(version, name) else { continue };
        let mut all = Vec::new();
        texts(whole, "", &mut all);
        for at in all.iter().filter(|at| !matches!(&***at, "/apiVersion" | "/kind")) {
            let mut changed = whole.clone();
            *changed.pointer_mut(at).unwrap() = Value::from("$(X)");
            let Some(object) = object_of(&changed.to_string(), Some(at)) else { continue };
            asked += 1;
            let known = object_of(&whole.to_string(), None).unwrap();
            let pattern: String = at.chars().filter(|c| !c.is_ascii_digit()).collect();
            for (new, old, when) in
                [(&object, None, ""), (&object, Some(&known), " before"), (&known, Some(&object), " after")]
            {
                let judged = judge(new, old, kind, MinorSet::of(minor));
                for problem in judged.problems.iter().filter(|problem| problem.cause != Cause::Warning) {
                    refused.entry(format!("{name} {pattern}{when}")).or_insert_with(|| problem.sentence());
                }
            }
        }
    }
    assert!(asked > 500, "{asked}");
    refused.retain(|place, _| !is_told(place));
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn what_is_certain_is_refused_beside_what_is_unknown() {
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "web:1"}], "volumes": [{"name": "data", "hostPath": {"type": "$(X)"}}]},
    });
    let object = object_of(&pod.to_string(), Some("/spec/volumes/0/hostPath/type")).unwrap();
    let judged = judge(&object, None, Kind::find("v1", "Pod").unwrap(), MinorSet::ALL);
    let said: Vec<String> = judged.problems.iter().map(portcullis::schema::problem::Problem::sentence).collect();
    assert_eq!(said, ["spec.volumes[0].hostPath.path: Required value"]);
}
