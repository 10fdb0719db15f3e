//! `../shared/tools/make_repo.py` plants defects and says where: each is found, at its line, and nothing else is. Skipped
//! where the tool is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{NOW, portcullis};

/// Kinds whose names the server takes as they are.
const ANY_NAME: [&str; 3] = ["Role", "ClusterRole", "RoleBinding"];

/// How far our line is from the first changed one: the second of two keys, the line that does not fit, the key that holds
/// what is changed or gone.
fn lines_away(defect: &str) -> i64 {
    match defect {
        "duplicate-key" | "yaml-broken-indent" => 1,
        "selector-mismatch" => -1,
        "missing-required-selector" => -2,
        _ => 0,
    }
}

#[test]
fn every_planted_defect_is_found_where_it_is() {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/make_repo.py");
    if !tool.exists() {
        eprintln!("skipped: no {}", tool.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (repo, truth) = (folder.path().join("repo"), folder.path().join("truth.json"));
    let made = Command::new("python3")
        .arg(&tool)
        .args(["--files", "900", "--changed", "400", "--seed", "3", "--bad", "1", "--out"])
        .arg(&repo)
        .arg("--truth")
        .arg(&truth)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let out = folder.path().join("report.json");
    let output = format!("json={}", out.display());
    let run = portcullis(&repo, folder.path(), &["check", "main..pr", "--no-cache", "--now", NOW, "-o", &output]);
    let read = |path: &Path| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap();
    assert!(out.exists(), "{}", run.text());
    let (report, truth) = (read(&out), read(&truth));
    let mut found: BTreeMap<&str, Vec<(i64, &str)>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        for place in finding["places"].as_array().unwrap() {
            let (path, line) = (place["location"]["path"].as_str(), place["location"]["start"]["line"].as_i64());
            found.entry(path.unwrap()).or_default().push((line.unwrap(), finding["rule"].as_str().unwrap()));
        }
    }
    let mut defects = 0;
    for change in truth["changed"].as_array().unwrap() {
        let text = |key: &str| change[key].as_str().unwrap_or_default();
        let ours = found.remove(text("path")).unwrap_or_default();
        if text("defect").is_empty() || (text("defect") == "bad-name-uppercase" && ANY_NAME.contains(&text("kind"))) {
            assert_eq!(ours, [], "{change}");
            continue;
        }
        defects += 1;
        // The server has two complaints about one missing selector.
        let lines: BTreeSet<i64> = ours.iter().map(|(line, _)| *line).collect();
        let line = change["first_changed_line"].as_i64().unwrap() + lines_away(text("defect"));
        assert_eq!(lines, BTreeSet::from([line]), "{change}: {ours:?}");
    }
    assert!(defects > 300, "{defects}");
    assert!(found.is_empty(), "{found:?}");
}
