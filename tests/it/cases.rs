//! Every folder `fixtures/cases/<rule or theme>/<name>` is a test: see fixtures/cases/README.md for its files.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::support::{Entry, FORMATS, Repo, Tree, from_base64, tree_of};

/// `case.yaml`: what is expected, written by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// More arguments; `{case}` stands for the case's folder.
    #[serde(default)]
    args: Vec<String>,
    exit: i32,
    verdict: String,
    /// Every place of every finding.
    #[serde(default)]
    findings: Vec<Expected>,
    /// Every record whose effect is not `ignore`; of the others those that the case is about.
    #[serde(default)]
    unchecked: Vec<Unjudged>,
    /// Ids of notices that must be there.
    #[serde(default)]
    notices: Vec<String>,
    /// Rules that must not appear, for cases that list no findings of other rules.
    #[serde(default)]
    absent: Vec<String>,
    /// Some of the report's counts.
    #[serde(default)]
    counts: BTreeMap<String, u64>,
    /// Files that cannot lie in the folder as they are.
    #[serde(default)]
    files: Vec<Special>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    rule: String,
    path: String,
    line: u64,
    #[serde(default = "new")]
    status: String,
    #[serde(default)]
    suppressed: bool,
}

fn new() -> String {
    "new".into()
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unjudged {
    reason: String,
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Special {
    path: String,
    side: Side,
    #[serde(flatten)]
    content: Content,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Side {
    Base,
    Head,
    Both,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Content {
    /// Bytes in base64.
    B64(String),
    /// The target of a symbolic link.
    Symlink(String),
    /// A submodule (of any commit).
    Submodule(serde::de::IgnoredAny),
    /// Text whose line ends become CR LF.
    Crlf(String),
}

impl Special {
    fn entry(&self) -> Entry {
        match &self.content {
            Content::B64(text) => Entry::File(from_base64(text)),
            Content::Symlink(target) => Entry::Symlink(target.clone().into_bytes()),
            Content::Submodule(_) => Entry::Submodule,
            Content::Crlf(text) => Entry::File(text.replace('\n', "\r\n").into_bytes()),
        }
    }
}

/// A case as it lies on disk.
struct Folder {
    name: String,
    path: PathBuf,
    case: Case,
    base: Tree,
    head: Tree,
    /// The tip of main where that has gone on since the merge base.
    trust: Option<Tree>,
}

fn load(path: PathBuf, name: String) -> Folder {
    let text = fs::read_to_string(path.join("case.yaml")).unwrap();
    let case: Case = yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{name}/case.yaml: {error}"));
    let (mut base, mut head) = (tree_of(&path.join("base")), tree_of(&path.join("head")));
    for file in &case.files {
        if file.side != Side::Head {
            base.insert(file.path.clone().into_bytes(), file.entry());
        }
        if file.side != Side::Base {
            head.insert(file.path.clone().into_bytes(), file.entry());
        }
    }
    let over = tree_of(&path.join("trust"));
    let trust = (!over.is_empty()).then(|| base.clone().into_iter().chain(over).collect());
    Folder { name, path, case, base, head, trust }
}

/// The cases below one folder of fixtures/cases, sorted; those that `CASE` names, where it is set.
fn cases(group: &str) -> Vec<Folder> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases");
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.join(group)];
    while let Some(next) = folders.pop() {
        if next.join("case.yaml").exists() {
            found.push(next);
            continue;
        }
        folders.extend(fs::read_dir(&next).unwrap().map(|e| e.unwrap().path()).filter(|path| path.is_dir()));
    }
    found.sort();
    let named = found.into_iter().map(|path| (path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), path));
    named.filter(|(name, _)| name.contains(&wanted)).map(|(name, path)| load(path, name)).collect()
}

fn text_of<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn found_places(report: &Value) -> Vec<Expected> {
    let places = |finding| list(finding, "places").iter().map(move |place| (finding, place));
    let mut found: Vec<Expected> = list(report, "findings")
        .iter()
        .flat_map(places)
        .map(|(finding, place)| Expected {
            rule: text_of(finding, "/rule").into(),
            path: text_of(place, "/location/path").into(),
            line: place.pointer("/location/start/line").and_then(Value::as_u64).unwrap_or(0),
            status: text_of(place, "/status").into(),
            suppressed: place.get("suppression").is_some(),
        })
        .collect();
    found.sort();
    found
}

/// What of the report is not as the case expects, one line each.
fn differences(case: &Case, code: Option<i32>, report: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    must(code == Some(case.exit), format!("exit code {code:?}, expected {}", case.exit));
    let verdict = text_of(report, "/verdict");
    must(verdict == case.verdict, format!("verdict {verdict:?}, expected {}", case.verdict));

    let found = found_places(report);
    let mut missing = case.findings.clone();
    for place in &found {
        match missing.iter().position(|expected| expected == place) {
            Some(at) => drop(missing.remove(at)),
            None => must(false, format!("unexpected {place:?}")),
        }
    }
    must(missing.is_empty(), format!("not found: {missing:?}"));
    for rule in &case.absent {
        must(!found.iter().any(|place| place.rule == *rule), format!("{rule} must not be found"));
    }

    let mut missing = case.unchecked.clone();
    for record in list(report, "unchecked") {
        let record_of = Unjudged { reason: text_of(record, "/reason").into(), path: text_of(record, "/path").into() };
        match missing.iter().position(|expected| *expected == record_of) {
            Some(at) => drop(missing.remove(at)),
            None => must(text_of(record, "/effect") == "ignore", format!("unexpected unchecked {record_of:?}")),
        }
    }
    must(missing.is_empty(), format!("not among the unchecked: {missing:?}"));

    for id in &case.notices {
        must(list(report, "notices").iter().any(|n| text_of(n, "/id") == id), format!("no notice {id}"));
    }
    for (key, expected) in &case.counts {
        let actual = report.pointer(&format!("/counts/{key}")).and_then(Value::as_u64);
        must(actual == Some(*expected), format!("counts.{key} is {actual:?}, expected {expected}"));
    }
    wrong
}

/// What differs from run to run or from release to release, replaced.
fn stable(text: &str, root: &Path) -> String {
    let text = text.replace(root.to_str().unwrap(), "[DIR]");
    let text = Regex::new(r#""elapsed_ms": \d+"#).unwrap().replace_all(&text, r#""elapsed_ms": "[TIME]""#);
    let text = Regex::new(r#""policies": "[0-9a-f]{64}""#).unwrap().replace_all(&text, r#""policies": "[DIGEST]""#);
    let text = Regex::new(r"\b\d+(\.\d+)? ?(ms|s)\b").unwrap().replace_all(&text, "[TIME]");
    text.replace(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"[VERSION]\"")
}

fn run(folder: &Folder) -> Vec<String> {
    let repo = Repo::new(&folder.base, &folder.head, folder.trust.as_ref());
    let out = |format: &str| repo.root.path().join(format!("report.{format}"));
    let mut args: Vec<String> =
        folder.case.args.iter().map(|arg| arg.replace("{case}", folder.path.to_str().unwrap())).collect();
    for format in FORMATS {
        let file = if format == "human" { String::new() } else { format!("={}", out(format).display()) };
        args.extend(["-o".into(), format!("{format}{file}")]);
    }
    let run = repo.check(&args);
    if let Some(defect) = run.defect() {
        return vec![defect];
    }
    let Some(report) = fs::read(out("json")).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) else {
        return vec![format!("no JSON report; exit code {:?}\n{}", run.code, run.text())];
    };
    let mut wrong = differences(&folder.case, run.code, &report);
    wrong.extend(FORMATS.iter().filter(|f| **f != "human" && !out(f).exists()).map(|f| format!("no {f} report")));
    if !wrong.is_empty() {
        wrong.push(run.text());
        return wrong;
    }
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(&folder.path);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let recorded = catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| {
            insta::assert_snapshot!("human", stable(&run.stdout, repo.root.path()));
            insta::assert_snapshot!("json", stable(&serde_json::to_string_pretty(&report).unwrap(), repo.root.path()));
        });
    }));
    recorded.err().map(|_| "a snapshot differs (see above; cargo insta review)".into()).into_iter().collect()
}

fn run_all(group: &str) {
    let mut failed = 0;
    let folders = cases(group);
    for folder in &folders {
        let wrong = run(folder);
        if !wrong.is_empty() {
            failed += 1;
            eprintln!("✗ {}\n    {}", folder.name, wrong.join("\n    "));
        }
    }
    assert_eq!(failed, 0, "{failed} of {} cases of {group} failed", folders.len());
}

#[test]
fn yaml() {
    run_all("yaml");
}

#[test]
fn object() {
    run_all("object");
}

#[test]
fn gate() {
    run_all("gate");
}

#[test]
fn judge() {
    run_all("judge");
}

#[test]
fn classify() {
    run_all("classify");
}

#[test]
fn kustomization() {
    run_all("kustomization");
}

#[test]
fn policy() {
    run_all("policy");
}

#[test]
fn schema() {
    run_all("schema");
}

/// A slip in a hand-written expectation: a place that no side of the case has.
#[test]
fn expected_places_exist() {
    for folder in
        ["yaml", "object", "kustomization", "gate", "judge", "classify", "policy", "schema"].into_iter().flat_map(cases)
    {
        let name = &folder.name;
        for place in &folder.case.findings {
            let side = if place.status == "fixed" { &folder.base } else { &folder.head };
            // What a change takes away is told where it was.
            let file = side.get(place.path.as_bytes()).or_else(|| folder.base.get(place.path.as_bytes()));
            let Some(Entry::File(bytes)) = file else {
                panic!("{name}: {} is no file of a side", place.path);
            };
            let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
            assert!((1..=lines).contains(&place.line), "{name}: {} has no line {}", place.path, place.line);
        }
        // Only an override or report mode lets a change pass against its verdict.
        let config = folder.base.get(b"portcullis.yaml".as_slice());
        let reports = matches!(config, Some(Entry::File(text)) if text.windows(12).any(|w| w == b"mode: report"));
        let decided = reports || folder.case.args.iter().any(|arg| arg == "--override");
        let verdict = match folder.case.exit {
            0 => "pass",
            1 => "fail",
            _ => "indeterminate",
        };
        assert!(decided || folder.case.verdict == verdict, "{name}: exit and verdict disagree");
    }
}

/// Every rule has a case that fires it and one that does not: `fires*` and `quiet*` in its folder.
#[test]
fn every_rule_has_both_cases() {
    for rule in portcullis::rules::RULES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases").join(rule.id);
        let names: Vec<String> = fs::read_dir(&folder)
            .map(|entries| entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        for prefix in ["fires", "quiet"] {
            assert!(names.iter().any(|n| n.starts_with(prefix)), "no {prefix}* below {}", folder.display());
        }
    }
}

/// The comparison itself, on a report of the model's own shape: every kind of difference is told.
#[test]
fn differences_are_told() {
    let at = |line: u32| serde_json::json!({ "line": line, "column": 1 });
    let mut report = serde_json::json!({
        "version": 1, "verdict": "fail", "decision": { "allow": false, "because": "" }, "elapsed_ms": 1,
        "compared": { "description": "", "reproduce": "" },
        "ruleset": { "tool": "", "config_from": "", "minors": [], "date": "" },
        "counts": {
            "files_changed": 1, "files_read": 1, "files_excluded": 0, "objects_judged": 1, "objects_unchanged": 0,
            "created": 1, "updated": 0, "deleted": 0, "clusters": 0
        },
        "notices": [{ "id": "first-adoption", "text": "" }],
        "findings": [{
            "rule": "yaml/syntax", "severity": "error", "authority": { "by": "client", "program": "kubectl" },
            "basis": "", "pointer": "", "detail": "", "message": "", "fingerprint": "", "deciding": true,
            "places": [{
                "location": { "path": "a.yaml", "side": "head", "start": at(3), "end": at(3) }, "status": "new"
            }]
        }],
        "unchecked": [{
            "reason": "symlink", "effect": "fail", "path": "b.yaml", "side": "head", "detail": "", "status": "new",
            "deciding": true, "count": 1
        }]
    });
    let shape: portcullis::report::model::Report = serde_json::from_value(report.clone()).unwrap();
    assert_eq!(i32::from(shape.exit_code()), 1);
    let case: Case = yaml_serde::from_str(
        "{exit: 1, verdict: fail, notices: [first-adoption], counts: {created: 1}, absent: [yaml/duplicate-key],
          findings: [{rule: yaml/syntax, path: a.yaml, line: 3}], unchecked: [{reason: symlink, path: b.yaml}]}",
    )
    .unwrap();
    assert_eq!(differences(&case, Some(1), &report), Vec::<String>::new());
    assert_eq!(differences(&case, Some(0), &report).len(), 1);
    report["findings"][0]["places"][0]["location"]["start"]["line"] = 4.into();
    assert_eq!(differences(&case, Some(1), &report).len(), 2, "one unexpected, one missing");
    for (key, count) in [("unchecked", 1), ("notices", 2), ("verdict", 3), ("counts", 4)] {
        report[key] = Value::Null;
        assert_eq!(differences(&case, Some(1), &report).len(), count + 2, "{key}");
    }
}
