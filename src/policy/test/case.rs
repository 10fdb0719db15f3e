//! Cases: two folders, `base` and `head`, and in `expected.yaml` the findings that the change between them must have.
//!
//! The policies of the nearest folder above with Rego in it are asked, beside those of the case's own config.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use serde::Deserialize;

use super::files::{EXPECTED, Folder, SIDES};
use super::{Request, TestResult, timed};
use crate::finding::{Severity, Status};
use crate::git::{self, Environment, Tree};
use crate::inventory::store::Store;
use crate::pipeline::{self, Options, Progress};
use crate::policy::modules::is_module;
use crate::report::Report;

/// `expected.yaml`.
#[derive(Debug)]
enum Expected {
    Nothing(Nothing),
    Findings(Vec<Finding>),
}

/// `none: true`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {
    none: bool,
}

/// A finding; what is not said may be anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    rule: String,
    severity: Option<Severity>,
    path: Option<String>,
    line: Option<u32>,
    /// A part of the message.
    message: Option<String>,
}

impl Finding {
    /// In words. Writing to a string cannot fail.
    fn text(&self) -> String {
        let mut text = self.rule.clone();
        if let Some(path) = &self.path {
            _ = write!(text, " at {path}");
        }
        if let Some(line) = self.line {
            _ = write!(text, " line {line}");
        }
        if let Some(severity) = self.severity {
            _ = write!(text, ", {severity}");
        }
        if let Some(message) = &self.message {
            _ = write!(text, ", saying {message:?}");
        }
        text
    }
}

/// Run the cases of a folder.
pub(super) fn run(folder: &Folder, request: &Request) -> Vec<TestResult> {
    let wanted = folder.cases.iter().filter(|case| request.takes(&folder.shown(case)));
    wanted
        .map(|case| {
            let shown = folder.shown(case);
            let path = if case.is_empty() { EXPECTED.to_owned() } else { format!("{case}/{EXPECTED}") };
            timed(shown, &folder.shown(&path), 1, || judge(folder, case, request))
        })
        .collect()
}

fn judge(folder: &Folder, case: &str, request: &Request) -> Result<(), String> {
    let at = if case.is_empty() { folder.root.clone() } else { folder.root.join(case) };
    let text = std::fs::read_to_string(at.join(EXPECTED)).map_err(|error| format!("{EXPECTED}: {error}"))?;
    let form = "it is a list of findings (rule, severity, path, line, message), or `none: true`";
    let wrong = |error: yaml_serde::Error| format!("{EXPECTED}: {error}; {form}");
    let expected = match yaml_serde::from_str(&text).map_err(wrong)? {
        it @ yaml_serde::Value::Mapping(_) => yaml_serde::from_value(it).map(Expected::Nothing),
        it => yaml_serde::from_value(it).map(Expected::Findings),
    };
    let expected = expected.map_err(wrong)?;
    if let Some(side) = SIDES.iter().find(|side| !at.join(side).is_dir()) {
        return Err(format!("there is no folder {side}; an empty one is kept by a file such as .gitkeep"));
    }
    let report = report(folder, case, &at, request)?;
    compare(&expected, &report)
}

/// What `portcullis check` says of the two folders.
fn report(folder: &Folder, case: &str, at: &Path, request: &Request) -> Result<Report, String> {
    let holds_rego = |folder_name: &str| {
        let is_in = |name: &str| name.rsplit_once('/').map_or("", |(parent, _)| parent) == folder_name;
        folder.files.keys().any(|name| is_module(name) && is_in(name))
    };
    let mut above = case;
    let policies = loop {
        if holds_rego(above) {
            let path = if above.is_empty() { folder.root.clone() } else { folder.root.join(above) };
            break vec![(folder.shown(above), Tree::folder(path))];
        }
        match above.rsplit_once('/') {
            Some((parent, _)) => above = parent,
            None if above.is_empty() => break Vec::new(),
            None => above = "",
        }
    };
    let options = Options {
        config: None,
        overrides: Vec::new(),
        minors: Vec::new(),
        fail_on: None,
        policies,
        test_policies: None,
        store: Store::none(),
        today: request.today,
        started: Instant::now(),
    };
    let [base, head] = SIDES.map(|side| at.join(side));
    let environment = Environment::new(request.current_dir.clone(), |_| None);
    pipeline::run(&git::Request::Folders { base, head }, &environment, &options, &Progress::default())
        .map_err(|error| error.to_string())
}

fn compare(expected: &Expected, report: &Report) -> Result<(), String> {
    let wanted: &[Finding] = match expected {
        Expected::Nothing(Nothing { none: true }) => &[],
        Expected::Nothing(_) => return Err("`none: false` says nothing; list the findings".to_owned()),
        Expected::Findings(findings) => findings,
    };
    let open = report.findings.iter().filter(|finding| finding.status() == Status::New && !finding.suppressed());
    let mut found: Vec<_> = open.flat_map(|finding| finding.places.iter().map(move |place| (finding, place))).collect();
    let mut wrong = Vec::new();
    for expected in wanted {
        let fits = found.iter().position(|(finding, place)| {
            finding.rule.as_str() == expected.rule
                && expected.severity.is_none_or(|severity| finding.severity == severity)
                && expected.path.as_ref().is_none_or(|path| place.location.path.as_str() == path)
                && expected.line.is_none_or(|line| place.location.start.line == line)
                && expected.message.as_ref().is_none_or(|part| finding.message.contains(part.as_str()))
        });
        match fits {
            Some(at) => _ = found.swap_remove(at),
            None => wrong.push(format!("missing: {}", expected.text())),
        }
    }
    for (finding, place) in found {
        let at = &place.location;
        wrong
            .push(format!("not expected: {} at {} line {}: {}", finding.rule, at.path, at.start.line, finding.message));
    }
    for record in report.unchecked.iter().filter(|record| record.deciding) {
        wrong.push(format!("not judged: {}: {}", record.path, record.detail));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
