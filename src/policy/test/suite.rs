//! Gatekeeper's suites (`test.gatekeeper.sh`), as `gator verify` runs them. A name is FILE//TEST//CASE.

use rayon::prelude::*;

use super::files::Folder;
use super::{Outcome, Request, TestResult};
use crate::policy::gatekeeper::suite::{self, SuiteReport, is_suite};

/// Run the suites of a folder.
pub(super) fn run(folder: &Folder, request: &Request) -> Vec<TestResult> {
    let suites: Vec<&str> =
        folder.files.iter().filter(|(name, bytes)| is_suite(name, bytes)).map(|(name, _)| name.as_str()).collect();
    let read = |name: &str| match folder.files.get(name) {
        Some(bytes) => Ok(bytes.to_vec()),
        None => std::fs::read(folder.root.join(name)).map_err(|error| error.to_string()),
    };
    let reports: Vec<SuiteReport> = suites.par_iter().map(|name| suite::run(name, &read)).collect();
    let results = reports.iter().flat_map(|report| results(&folder.shown(&report.path), report));
    results.filter(|result| request.takes(&result.name)).collect()
}

fn results(path: &str, report: &SuiteReport) -> Vec<TestResult> {
    let result = |name: String, is_skipped: bool, error: &Option<String>, time| TestResult {
        name,
        path: path.to_owned(),
        line: 1,
        outcome: match (error, is_skipped) {
            (Some(_), _) => Outcome::Failed,
            (None, true) => Outcome::Skipped,
            (None, false) => Outcome::Passed,
        },
        why: error.clone().unwrap_or_default(),
        prints: Vec::new(),
        time,
    };
    let mut results = Vec::new();
    if report.skipped || report.error.is_some() {
        results.push(result(path.to_owned(), report.skipped, &report.error, report.time));
    }
    for test in &report.tests {
        let name = format!("{path}//{}", test.name);
        // A test without cases, such as one that expects a broken constraint, is one itself.
        if test.cases.is_empty() || test.error.is_some() {
            results.push(result(name.clone(), test.skipped, &test.error, test.time));
        }
        for case in &test.cases {
            results.push(result(format!("{name}//{}", case.name), case.skipped, &case.error, case.time));
        }
    }
    results
}
