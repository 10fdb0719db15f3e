//! `good.yaml` and `bad.yaml` beside a policy: the policy says nothing of any object of the one, and something of the
//! other. A document is an object that is created, or an AdmissionReview; all of them are in the inventory.

use std::fmt::Write as _;

use super::files::Folder;
use super::{Request, TestResult, timed};
use crate::config::Config;
use crate::git::Tree;
use crate::policy::engine::Fault;
use crate::policy::gatekeeper::inventory;
use crate::policy::loaded::{Convention, Policy};
use crate::policy::portcullis::Input;
use crate::policy::review::{Review, object_of};
use crate::policy::set::PolicySet;
use crate::policy::{Value, combined, value};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect};

/// Run the fixtures of a folder's policies.
pub(super) fn run(folder: &Folder, request: &Request) -> Vec<TestResult> {
    let fixtures: Vec<(&str, bool)> = folder
        .files
        .keys()
        .filter_map(|name| match name.rsplit('/').next() {
            Some("bad.yaml") => Some((name.as_str(), true)),
            Some("good.yaml") => Some((name.as_str(), false)),
            _ => None,
        })
        .filter(|(name, _)| request.takes(&folder.shown(name)))
        .collect();
    if fixtures.is_empty() {
        return Vec::new();
    }
    let given = [(folder.shown(""), folder.tree.clone())];
    let set = PolicySet::load(&Config::default(), &Tree::empty(), Vec::new(), &given);
    let parent = |path: &str| path.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned());
    let mut results = Vec::new();
    for (name, is_bad) in fixtures {
        let shown = folder.shown(name);
        let beside: Vec<&Policy> =
            set.policies.iter().map(AsRef::as_ref).filter(|policy| parent(&policy.path) == parent(&shown)).collect();
        if beside.is_empty() {
            // A policy that cannot be loaded says nothing, which must not pass for that.
            let of_this = |fault: &&Fault| parent(&fault.path) == parent(&shown);
            if let Some(fault) = set.faults.iter().find(of_this) {
                results.push(timed(shown.clone(), &shown, 1, || Err(fault.to_string())));
            }
            continue;
        }
        let bytes = folder.files.get(name).map_or(&[][..], AsRef::as_ref);
        results.push(timed(shown.clone(), &shown, 1, || judge(&beside, name, bytes, is_bad)));
    }
    results
}

fn judge(policies: &[&Policy], name: &str, bytes: &[u8], is_bad: bool) -> Result<(), String> {
    let reviews = reviews(name, bytes)?;
    let objects = reviews.iter().filter_map(|(review, _)| review.object.clone());
    let all = inventory::of(objects);
    let data = object_of([("inventory", all.clone()), ("inventory_base", all)]);
    let mut said = String::new();
    for policy in policies {
        if policy.convention == Convention::Combined {
            let objects: Vec<Value> = reviews.iter().filter_map(|(review, _)| review.object.clone()).collect();
            for violation in combined::evaluate_file(policy, name, &objects)? {
                _ = write!(said, "\n  {}", violation.message);
            }
            continue;
        }
        let compiled = policy.program()?;
        let program = if policy.inventory.is_nothing() {
            compiled.clone()
        } else {
            compiled.with_data(&data).map_err(|e| e.to_string())?
        };
        for (review, value) in &reviews {
            let is_asked = policy.matches.may_match_request(review)
                && policy.matches.matches(review).map_err(|missing| missing.to_string())?;
            if !is_asked {
                continue;
            }
            let nothing = Value::new_object();
            let input = Input { review, request: value, params: &nothing, change: &nothing, program: &program };
            for violation in policy.evaluate(&input)? {
                // Writing to a string cannot fail.
                _ = write!(said, "\n  {} {}: {}", review.kind, review.name, violation.message);
            }
        }
    }
    match (is_bad, said.is_empty()) {
        (true, true) => Err("the policy says nothing of bad.yaml".to_owned()),
        (false, false) => Err(format!("the policy says of good.yaml:{said}")),
        _ => Ok(()),
    }
}

/// What the documents of a fixture ask.
fn reviews(name: &str, bytes: &[u8]) -> Result<Vec<(Review, Value)>, String> {
    let stream = yaml::read(RepoPath::from(name), Side::Head, bytes, Dialect::Kubectl);
    if let Some(problem) = stream.problems.iter().find(|problem| problem.fatal) {
        let line = stream.source.position(problem.span.start).line;
        return Err(format!("line {line}: {}", problem.message));
    }
    let documents = stream.documents.iter().map(|document| value::whole(document.root()));
    Ok(documents.map(review).collect())
}

/// The request of an AdmissionReview, or the creation of an object.
fn review(document: Value) -> (Review, Value) {
    let text = |value: &Value, path: &[&str]| {
        let found = path.iter().fold(value, |value, key| &value[*key]);
        found.as_string().map_or_else(|_| String::new(), ToString::to_string)
    };
    let given = |value: &Value| (!matches!(value, Value::Null | Value::Undefined)).then(|| value.clone());
    if text(&document, &["kind"]) == "AdmissionReview" {
        let request = document["request"].clone();
        let review = Review {
            group: text(&request, &["kind", "group"]),
            version: text(&request, &["kind", "version"]),
            kind: text(&request, &["kind", "kind"]),
            namespace: Some(text(&request, &["namespace"])).filter(|name| !name.is_empty()),
            name: text(&request, &["name"]),
            operation: text(&request, &["operation"]),
            object: given(&request["object"]),
            old_object: given(&request["oldObject"]),
            namespace_object: given(&request["namespaceObject"]),
            ..Review::default()
        };
        return (review, request);
    }
    let version = text(&document, &["apiVersion"]);
    let (group, version) = version.split_once('/').unwrap_or(("", &version));
    let review = Review {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: text(&document, &["kind"]),
        namespace: Some(text(&document, &["metadata", "namespace"])).filter(|name| !name.is_empty()),
        name: text(&document, &["metadata", "name"]),
        generate_name: text(&document, &["metadata", "generateName"]),
        operation: "CREATE".to_owned(),
        object: Some(document),
        ..Review::default()
    };
    let value = review.to_value();
    (review, value)
}
