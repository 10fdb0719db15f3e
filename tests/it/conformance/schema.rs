//! `fixtures/conformance/schema`: hand-written objects, with their CRDs in the tree, and the answers of the API server's
//! own code (0.35). Every case is a folder of one tree, so that its CRD is the nearest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::support::{NOW, portcullis};

const CASES: &str = include_str!("../../../fixtures/conformance/schema/cases.jsonl");
const CAUSES: [&str; 8] = [
    "Required value",
    "Invalid value",
    "Unsupported value",
    "Forbidden",
    "Duplicate value",
    "Too long",
    "Too many",
    "Not found",
];

/// The server's name of the field that a message speaks of.
fn field(message: &str) -> &str {
    CAUSES.iter().find_map(|cause| message.split_once(&format!(": {cause}"))).map_or("", |(field, _)| field)
}

#[derive(Default)]
struct Answer {
    unknown_fields: bool,
    refused: bool,
    fields: BTreeSet<String>,
}

/// What the binary says of the cases, by name.
fn answers(cases: &[Value]) -> BTreeMap<String, Answer> {
    let folder = tempfile::tempdir().expect("a folder");
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        for (side, object) in [("base", &case["old"]), ("head", &case["object"])] {
            let path = folder.path().join(side).join(name);
            fs::create_dir_all(&path).expect("a folder");
            if !object.is_null() {
                fs::write(path.join("object.json"), object.to_string()).expect("a file");
            }
            if !case["crd"].is_null() {
                fs::write(path.join("crd.json"), case["crd"].to_string()).expect("a file");
            }
        }
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    let config = "version: 1\nmissing-schema: fail\nkubernetes: { current: [\"1.35\"] }\napply: client-side\n";
    fs::write(folder.path().join("portcullis.yaml"), config).expect("a file");
    let (config, output) = (path("portcullis.yaml"), format!("json={}", path("report.json")));
    let (base, head) = (path("base"), path("head"));
    let arguments =
        ["check", "--base-dir", &base, "--head-dir", &head, "--config", &config, "-o", &output, "--now", NOW];
    let run = portcullis(folder.path(), folder.path(), &arguments);
    let report = fs::read(path("report.json")).unwrap_or_else(|_| panic!("{}", run.text()));
    let report: Value = serde_json::from_slice(&report).expect("a report");
    let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
    let case_of = |path: &Value| {
        let mut parts = path.as_str().unwrap_or_default().rsplit('/');
        (parts.next() == Some("object.json")).then(|| parts.next().unwrap_or_default().to_owned())
    };
    for finding in report["findings"].as_array().expect("findings") {
        let is_refusal = finding["severity"] == "error" && finding["authority"]["by"] != "advice";
        let places = finding["places"].as_array().expect("places");
        for place in places.iter().filter(|place| is_refusal && place["status"] != "fixed") {
            let Some(name) = case_of(&place["location"]["path"]) else { continue };
            let answer = answers.entry(name).or_default();
            if finding["rule"] == "schema/unknown-field" {
                answer.unknown_fields = true;
            } else {
                answer.refused = true;
                let message = finding["message"].as_str().unwrap_or_default();
                answer.fields.insert(field(message).to_owned());
            }
        }
    }
    for record in report["unchecked"].as_array().expect("unchecked").iter().filter(|u| u["reason"] == "no-schema") {
        if let Some(name) = case_of(&record["path"]) {
            answers.entry(name).or_default().refused = true;
        }
    }
    answers
}

#[test]
fn objects_are_judged_by_the_crds_of_their_tree() {
    let cases: Vec<Value> = CASES.lines().map(|line| serde_json::from_str(line).expect("a case")).collect();
    let mut answers = answers(&cases);
    let (mut passing, mut reasons) = (BTreeSet::new(), Vec::new());
    for case in &cases {
        let name = case["name"].as_str().expect("a name").to_owned();
        let answer = answers.remove(&name).unwrap_or_default();
        let verdict = match (answer.refused, answer.unknown_fields) {
            (true, _) => "invalid",
            (false, true) => "strict",
            (false, false) => "valid",
        };
        let errors = case["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let theirs: BTreeSet<String> = errors
            .iter()
            .filter(|error| !error["message"].as_str().unwrap_or_default().contains("some validation rules were not"))
            .map(|error| error["field"].as_str().unwrap_or_default().to_owned())
            .collect();
        let has_fields = case["stage"] == "validation" && !errors.iter().any(|error| error["type"] == "Stated");
        if case["verdict"] != verdict {
            reasons.push(format!("{name}: recorded {}, ours {verdict} {:?}", case["verdict"], answer.fields));
        } else if has_fields && theirs != answer.fields {
            reasons.push(format!("{name}: recorded {theirs:?}, ours {:?}", answer.fields));
        } else {
            passing.insert(name);
        }
    }
    println!("{} of {}\n{}", passing.len(), cases.len(), reasons.join("\n"));
    super::ratchet("schema.passing", &passing, &reasons);
}
