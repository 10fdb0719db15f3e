//! Test suites: our own, and those of the Gatekeeper library where it lies beside the checkout.

use std::path::{Path, PathBuf};

use portcullis::policy::gatekeeper::suite::{Filter, SuiteReport, is_suite, run};

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
        let (found, t, c) = failures(&run(suite.to_str().unwrap(), &Filter::default(), &read));
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
        let (lines, ..) = failures(&run(suite.to_str().unwrap(), &Filter::default(), &read));
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}
