//! `fixtures/conformance/yaml`: what kubectl's and kustomize's decoders read.

use std::collections::BTreeSet;

use base64::engine::{Engine, general_purpose::STANDARD};
use portcullis::source::{RepoPath, Side};
use portcullis::yaml::{self, Dialect, Stream};
use serde_json::Value;

const CASES: &str = include_str!("../../../fixtures/conformance/yaml/cases.jsonl");
const COUNT: usize = 464;

/// A case and its id, the number of its line. Nothing for one with a number beyond float64.
fn cases() -> impl Iterator<Item = (String, Option<Value>)> {
    CASES
        .lines()
        .enumerate()
        .map(|(n, line)| (format!("{n:03}"), serde_json::from_str(line).ok().or_else(|| deep(line))))
}

/// `serde_json` stops at 128 levels; our own reader does not.
fn deep(line: &str) -> Option<Value> {
    let stream = yaml::read(RepoPath::from("case.json"), Side::Head, line.as_bytes(), Dialect::Kubectl);
    stream.documents.first().map(|document| document.root().to_json())
}

fn input(case: &Value) -> Vec<u8> {
    match (case["yaml"].as_str(), case["yaml_b64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, base64) => STANDARD.decode(base64.expect("a case has an input")).expect("base64"),
    }
}

/// kubectl's last step: a number is an int64 if its text fits, else a float64.
fn last_step(value: &Value) -> Value {
    match value {
        Value::Number(n) if n.is_i64() => value.clone(),
        Value::Number(n) if n.as_f64() == Some(0.0) && n.to_string().starts_with('-') => 0.into(),
        Value::Number(n) => n.as_f64().into(),
        Value::Array(items) => items.iter().map(last_step).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), last_step(v))).collect(),
        other => other.clone(),
    }
}

/// Integers and floats apart, as the equality of `serde_json` has it.
fn same(ours: &Value, recorded: &Value) -> bool {
    *ours == last_step(recorded)
}

fn read_one(bytes: &[u8], dialect: Dialect) -> Result<Value, String> {
    let stream = yaml::read_one(RepoPath::from("case.yaml"), Side::Head, bytes, dialect);
    match stream.problems.iter().find(|p| p.fatal) {
        Some(problem) => Err(problem.message.clone()),
        None => Ok(stream.documents.first().expect("a document or a problem").root().to_json()),
    }
}

/// Why the answer differs from the recorded one.
fn compare_one(case: &Value, value: &str, error: &str, dialect: Dialect) -> Result<(), String> {
    match (case.get(value), case.get(error), read_one(&input(case), dialect)) {
        (_, Some(_), Err(_)) => Ok(()),
        (Some(recorded), None, Ok(ours)) if same(&ours, recorded) => Ok(()),
        (recorded, refused, ours) => Err(format!("{value}: recorded {recorded:?} {refused:?}, ours {ours:?}")),
    }
}

fn compare_stream(case: &Value) -> Result<(), String> {
    let Stream { documents, problems, .. } =
        yaml::read(RepoPath::from("case.yaml"), Side::Head, &input(case), Dialect::Kubectl);
    let stop = problems.iter().find(|p| p.fatal);
    let until = stop.map_or(u32::MAX, |p| p.document);
    let ours: Vec<Value> = documents.iter().filter(|d| d.index < until).map(|d| d.root().to_json()).collect();
    let recorded: Vec<Value> = case["stream"].as_array().unwrap().clone();
    if stop.is_some() == case.get("stream_error").is_some() && same(&ours.clone().into(), &recorded.clone().into()) {
        return Ok(());
    }
    Err(format!("stream: recorded {recorded:?} {:?}, ours {ours:?} {stop:?}", case.get("stream_error")))
}

#[test]
fn kubectl_reads() {
    let mut passing = BTreeSet::new();
    let mut reasons = Vec::new();
    for (id, case) in cases() {
        let Some(case) = case else {
            reasons.push(format!("{id}: the recorded answer holds a number beyond float64"));
            continue;
        };
        match compare_one(&case, "json", "error", Dialect::Kubectl).and_then(|()| compare_stream(&case)) {
            Ok(()) => _ = passing.insert(id),
            Err(reason) => reasons.push(format!("{id} {}: {reason}", case["yaml"])),
        }
    }
    assert_eq!(passing.len() + reasons.len(), COUNT);
    super::ratchet("yaml.passing", &passing, &reasons);
    println!("{}", reasons.join("\n"));
    assert!(passing.len() * 100 >= COUNT * 99, "{} of {COUNT}\n{}", passing.len(), reasons.join("\n"));
}

#[test]
fn kustomize_reads() {
    let mut passing = BTreeSet::new();
    let mut reasons = Vec::new();
    for (id, case) in cases() {
        let Some(case) = case else {
            reasons.push(format!("{id}: the recorded answer holds a number beyond float64"));
            continue;
        };
        match compare_one(&case, "v3", "v3_error", Dialect::Kustomize) {
            Ok(()) => _ = passing.insert(id),
            Err(reason) => reasons.push(format!("{id} {}: {reason}", case["yaml"])),
        }
    }
    super::ratchet("yaml-kustomize.passing", &passing, &reasons);
    println!("{}", reasons.join("\n"));
}
