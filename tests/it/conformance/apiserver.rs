//! `../shared/conformance/apiserver`: what a real kube-apiserver 1.36 says of built-in kinds, where the data lies beside
//! the checkout. The binary judges all cases of a set at once, each a file of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ratchet;
use crate::support::{NOW, portcullis};

/// The lines of a compressed file of the shared data; none where it is not there.
pub(super) fn lines(path: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance").join(path);
    let Ok(file) = fs::File::open(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// What the server would refuse of each case: the fields, by the case's id. A case without an entry is accepted.
fn refused(cases: &[Value], apply: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folder = tempfile::tempdir().unwrap();
    let side = |name: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::create_dir(&path).unwrap();
        path
    };
    let (base, head) = (side("base"), side("head"));
    for case in cases {
        let name = format!("{}.json", case["id"].as_str().unwrap());
        fs::write(head.join(&name), case["object"].to_string()).unwrap();
        if let Some(old) = case.get("old") {
            fs::write(base.join(&name), old.to_string()).unwrap();
        }
    }
    let config = folder.path().join("portcullis.yaml");
    let text = format!("version: 1\nmissing-schema: fail\nkubernetes: {{ current: [\"1.36\"] }}\napply: {apply}\n");
    fs::write(&config, text).unwrap();
    let out = folder.path().join("report.json");
    let output = format!("json={}", out.display());
    let arg = |path: &Path| path.to_str().unwrap().to_owned();
    let args = [
        "check",
        "--base-dir",
        &arg(&base),
        "--head-dir",
        &arg(&head),
        "--config",
        &arg(&config),
        "-o",
        &output,
        "--now",
        NOW,
    ];
    let run = portcullis(folder.path(), folder.path(), &args);
    let report: Value = serde_json::from_slice(&fs::read(&out).unwrap_or_else(|_| panic!("{}", run.text()))).unwrap();
    let mut refused: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let id = |path: &Value| path.as_str().unwrap().trim_end_matches(".json").rsplit('/').next().unwrap().to_owned();
    for finding in report["findings"].as_array().unwrap() {
        if finding["severity"] != "error" || finding["authority"]["by"] != "server" {
            continue;
        }
        // What follows from another cause is told with it.
        let related = finding["related"].as_array().into_iter().flatten();
        let also = related.filter_map(|note| note["message"].as_str()?.strip_prefix("the server also says: "));
        let messages = also.chain(finding["message"].as_str());
        let fields: Vec<&str> =
            messages.map(|message| message.split_once(": ").map_or("", |(field, _)| field)).collect();
        for place in finding["places"].as_array().unwrap().iter().filter(|place| place["status"] != "fixed") {
            refused
                .entry(id(&place["location"]["path"]))
                .or_default()
                .extend(fields.iter().map(|field| field.to_lowercase()));
        }
    }
    for record in report["unchecked"].as_array().unwrap().iter().filter(|record| record["reason"] == "no-schema") {
        refused.entry(id(&record["path"])).or_default();
    }
    refused
}

/// Compare a set's answers, and the fields that are refused where the server names them.
fn compare(set: &str, apply: &str, answer: &str) {
    let Some(mut cases) = lines(&format!("apiserver/{set}.jsonl.gz")) else { return };
    cases.retain(|case| {
        let stateful = |key: &str| case[key] == true;
        case.get(answer).is_some() && !stateful("stateful") && !(answer == "apply" && stateful("stateful_apply"))
    });
    // A run has a deadline, which a debug build on a busy machine needs for some hundred cases.
    let refused: BTreeMap<String, BTreeSet<String>> =
        cases.chunks(600).flat_map(|cases| refused(cases, apply)).collect();
    let (mut equal, mut fields, mut reasons) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut with_fields = 0;
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let ours = refused.get(id);
        if ours.is_some() == (case[answer] == "reject") {
            equal.insert(id.to_owned());
        } else {
            reasons.push(format!("{id}: the server {}s it, ours: {ours:?}", case[answer].as_str().unwrap()));
        }
        let named = case["causes"].as_array().filter(|named| !named.is_empty());
        if let (Some(named), "reject", "verdict") = (named, case["verdict"].as_str().unwrap(), answer) {
            with_fields += 1;
            let theirs: BTreeSet<String> =
                named.iter().map(|cause| cause["field"].as_str().unwrap_or_default().to_lowercase()).collect();
            if ours == Some(&theirs) {
                fields.insert(id.to_owned());
            } else {
                reasons.push(format!("{id}: the server refuses {theirs:?}, ours: {ours:?}"));
            }
        }
    }
    println!("{set} ({apply}): {} of {} equal, fields {} of {with_fields}", equal.len(), cases.len(), fields.len());
    let name = if answer == "apply" { format!("{set}-apply") } else { set.to_owned() };
    ratchet(&format!("apiserver-{name}.passing"), &equal, &reasons);
    if with_fields > 0 {
        ratchet(&format!("apiserver-{name}-fields.passing"), &fields, &reasons);
    }
}

#[test]
fn real_objects_by_post() {
    compare("real", "client-side", "verdict");
}

#[test]
fn real_objects_by_apply() {
    compare("real", "server-side", "apply");
}

#[test]
fn mutated_objects_by_post() {
    compare("create", "client-side", "verdict");
}

#[test]
fn mutated_objects_by_apply() {
    compare("create", "server-side", "apply");
}

#[test]
fn updates() {
    compare("update", "server-side", "verdict");
}
