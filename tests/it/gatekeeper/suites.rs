//! Test suites: our own, and those of the Gatekeeper library where it lies beside the checkout.

use std::path::{Path, PathBuf};

use portcullis::policy::gatekeeper::suite::{SuiteReport, is_suite, run};

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| error.to_string())
}

/// The suites below a folder, sorted.
fn suites(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ext| ext == "yaml") {
                let bytes = std::fs::read(&path).unwrap();
                found.extend(is_suite(path.to_str().unwrap(), &bytes).then_some(path));
            }
        }
    }
    found.sort();
    found
}

/// What failed, a line each; and how many tests and cases there are.
fn failures(report: &SuiteReport) -> (Vec<String>, usize, usize) {
    let mut lines: Vec<String> = report.error.iter().map(|error| format!("{}: {error}", report.path)).collect();
    let mut cases = 0;
    for test in &report.tests {
        lines.extend(test.error.iter().map(|error| format!("{} {}: {error}", report.path, test.name)));
        for case in &test.cases {
            cases += 1;
            lines
                .extend(case.error.iter().map(|error| format!("{} {}/{}: {error}", report.path, test.name, case.name)));
        }
    }
    (lines, report.tests.len(), cases)
}

#[test]
fn the_library_passes() {
    let Ok(folder) = std::env::var("PORTCULLIS_GATEKEEPER_LIBRARY") else {
        eprintln!("skipped: PORTCULLIS_GATEKEEPER_LIBRARY names no checkout of the Gatekeeper library");
        return;
    };
    let start = std::time::Instant::now();
    let (mut lines, mut tests, mut cases) = (Vec::new(), 0, 0);
    let suites = suites(&Path::new(&folder).join("library"));
    for suite in &suites {
        let (found, t, c) = failures(&run(suite.to_str().unwrap(), &read));
        lines.extend(found);
        tests += t;
        cases += c;
    }
    eprintln!("{} suites, {tests} tests, {cases} cases in {:?}", suites.len(), start.elapsed());
    assert!(lines.is_empty(), "{} failed:\n{}", lines.len(), lines.join("\n"));
    assert!(suites.len() >= 49 && tests >= 75 && cases >= 270, "the library has suites that were not found");
}

#[test]
fn our_own_suites_pass() {
    let suites = suites(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gatekeeper"));
    assert!(!suites.is_empty());
    for suite in suites {
        let (lines, ..) = failures(&run(suite.to_str().unwrap(), &read));
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}

/// A suite of one template, one constraint and one object, in memory.
fn in_memory(suite: &str) -> SuiteReport {
    let head = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\n";
    let files = |path: &str| match path {
        "tests/suite.yaml" => Ok(format!("{head}{suite}").into_bytes()),
        "tests/pod.yaml" => Ok(b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n".to_vec()),
        "two.yaml" => Ok(b"{apiVersion: v1, kind: Pod}\n---\n{apiVersion: v1, kind: Pod}\n".to_vec()),
        "tests/constraint.yaml" => {
            Ok(b"apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Seen\nmetadata: {name: seen}\n".to_vec())
        }
        "template.yaml" => read(&format!("{}/fixtures/gatekeeper/matching/template.yaml", env!("CARGO_MANIFEST_DIR"))),
        _ => Err("no such file".to_owned()),
    };
    run("tests/suite.yaml", &files)
}

fn one_case(case: &str) -> String {
    let suite =
        format!("tests:\n- {{name: t, template: ../template.yaml, constraint: ./constraint.yaml, cases: [{case}]}}");
    let report = in_memory(&suite);
    let test = &report.tests[0];
    assert_eq!((&report.error, &test.error), (&None, &None));
    test.cases[0].error.clone().unwrap_or_default()
}

/// The texts are those of `gator verify`.
#[test]
fn failures_are_told_as_gator_tells_them() {
    for (case, expected) in [
        ("{name: c, object: pod.yaml, assertions: [{}]}", ""),
        ("{name: c, object: pod.yaml, assertions: [{violations: yes, message: '^seen Pod$'}]}", ""),
        ("{name: c, object: pod.yaml}", "invalid case: assertions must be non-empty"),
        ("{name: c, assertions: [{}]}", "invalid case: must define object"),
        (
            "{name: c, object: pod.yaml, assertions: [{violations: no}]}",
            "unexpected number of violations: got 1 violations but want none: got messages [seen Pod]",
        ),
        (
            "{name: c, object: pod.yaml, assertions: [{violations: 2}]}",
            "unexpected number of violations: got 1 violations but want exactly 2: got messages [seen Pod]",
        ),
        (
            "{name: c, object: pod.yaml, assertions: [{message: other}]}",
            "unexpected number of violations: got 0 violations containing \"other\" but want at least 1: got messages [seen Pod]",
        ),
        (
            "{name: c, object: ../two.yaml, assertions: [{}]}",
            "test defines multiple objects: two.yaml defines 2 objects",
        ),
        ("{name: c, object: none.yaml, assertions: [{}]}", "tests/none.yaml: no such file"),
    ] {
        assert_eq!(one_case(case), expected, "{case}");
    }
    let wrong = one_case("{name: c, object: pod.yaml, assertions: [{violations: maybe}]}");
    assert!(wrong.contains("must be a nonnegative integer"), "{wrong}");
    assert!(one_case("{name: c, object: pod.yaml, assertions: [{message: '('}]}").contains("missing closing )"));
}

#[test]
fn tests_that_cannot_run_say_why() {
    let error = |test: &str| in_memory(&format!("tests: [{test}]")).tests[0].error.clone().unwrap();
    assert_eq!(error("{name: t}"), "invalid suite: missing template");
    assert_eq!(error("{name: t, template: ../template.yaml}"), "invalid suite: missing constraint");
    assert_eq!(error("{name: t, template: pod.yaml}"), "tests/pod.yaml holds no template");
    let valid = "{name: t, template: ../template.yaml, constraint: constraint.yaml, invalid: true}";
    assert_eq!(error(valid), "expected the constraint not to fit its schema, but it does");
    assert!(in_memory("tests: 3").error.unwrap().starts_with("tests/suite.yaml: "));
    assert!(in_memory("skip: true\ntests: [{name: t}]").skipped);
}
