//! `JUnit` XML, in the shape that GitLab, Jenkins, Azure Pipelines and test reporters agree on.
//!
//! A suite for each file, a case for each finding and each thing that was not judged. A case fails only where the run
//! does: what an override or `mode: report` allows is skipped, with the reason, so that no dashboard is red while the
//! exit code is 0. A last suite says the verdict, so that a clean run is not an empty one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::finding::{Effect, Finding, Status, Unchecked};

use super::summary::{self, Standing};
use super::{Report, Verdict, escape};

/// The cases of a file.
#[derive(Default)]
pub(crate) struct Suite {
    cases: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// What became of a case: an element name, its message and its text.
pub(crate) enum Outcome {
    Failure(String, String),
    Error(String, String),
    Skipped(String),
    Passed(String),
}

impl Suite {
    /// Add a case.
    pub(crate) fn case(&mut self, class: &str, name: &str, outcome: &Outcome) {
        self.tests += 1;
        let (class, name) = (escape::xml(class), escape::xml(&escape::one_line(name)));
        let _ = writeln!(self.cases, "    <testcase classname=\"{class}\" name=\"{name}\">");
        match outcome {
            Outcome::Failure(message, text) => {
                self.failures += 1;
                self.stopped("failure", message, text);
            }
            Outcome::Error(message, text) => {
                self.errors += 1;
                self.stopped("error", message, text);
            }
            Outcome::Skipped(message) => {
                self.skipped += 1;
                let _ = writeln!(self.cases, "      <skipped message=\"{}\"/>", escape::xml(message.trim_end()));
            }
            Outcome::Passed(text) => {
                let _ = writeln!(self.cases, "      <system-out>{}</system-out>", escape::xml(text));
            }
        }
        self.cases.push_str("    </testcase>\n");
    }

    fn stopped(&mut self, element: &str, message: &str, text: &str) {
        let (message, text) = (escape::xml(message), escape::xml(text));
        let _ = writeln!(self.cases, "      <{element} message=\"{message}\">{text}</{element}>");
    }
}

pub(super) fn render(report: &Report) -> String {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    for finding in &report.findings {
        let Some(place) = summary::main_place(finding) else { continue };
        if let Some(outcome) = outcome(report, finding) {
            let path = place.location.path.to_string();
            let object = finding.object.as_ref().map_or(String::new(), |object| format!(" {object}"));
            let name = format!("{}{object} {}:{}", finding.rule, path, place.location.start.line);
            suites.entry(path.clone()).or_default().case(&path, &name, &outcome);
        }
    }
    let shown = |record: &&Unchecked| record.effect != Effect::Ignore && record.status != Status::Fixed;
    for record in report.unchecked.iter().filter(shown) {
        let path = record.path.to_string();
        let object = record.object.as_ref().map_or(String::new(), |object| format!(" {object}"));
        let message = format!("not judged: {}", record.reason.explanation().trim());
        let outcome = match (record.deciding, report.decision.allow) {
            (true, false) => Outcome::Error(message, record.detail.clone()),
            (true, true) => Outcome::Skipped(format!("allowed ({}); {message}", report.decision.because)),
            (false, _) => Outcome::Skipped(format!("{message} {}", record.detail)),
        };
        suites.entry(path.clone()).or_default().case(&path, &format!("unchecked/{}{object}", record.reason), &outcome);
    }
    let mut verdict = Suite::default();
    let overridden = report.decision.overridden.iter().map(|used| summary::override_words(used) + "\n");
    let closing = overridden.collect::<String>() + &summary::closing(report);
    let outcome = match (report.exit_code(), report.verdict) {
        (0, _) => Outcome::Passed(closing),
        (_, Verdict::Indeterminate) => Outcome::Error(closing, String::new()),
        (_, _) => Outcome::Failure(closing, String::new()),
    };
    verdict.case("portcullis", "verdict", &outcome);
    let suites: Vec<_> = suites.into_iter().chain([("portcullis".to_owned(), verdict)]).collect();
    document(Duration::from_millis(report.elapsed_ms), &suites)
}

fn outcome(report: &Report, finding: &Finding) -> Option<Outcome> {
    Some(match summary::standing(finding) {
        Standing::Fixed => return None,
        Standing::Existing => Outcome::Skipped(format!("was there before: {}", finding.message)),
        Standing::Suppressed => {
            let reason = finding.places.iter().find_map(|place| place.suppression.as_ref());
            Outcome::Skipped(format!("suppressed: {}", reason.map_or("", |used| &used.reason)))
        }
        Standing::Open if finding.deciding && report.decision.allow => {
            Outcome::Skipped(format!("allowed ({}): {}", report.decision.because, finding.message))
        }
        Standing::Open if finding.deciding => Outcome::Failure(finding.message.clone(), text(finding)),
        Standing::Open => Outcome::Passed(text(finding)),
    })
}

fn text(finding: &Finding) -> String {
    let mut text = format!("{}: {}\n{} ({})", finding.severity, finding.message, finding.authority, finding.basis.0);
    if let Some(help) = &finding.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    for place in &finding.places {
        let at = &place.location;
        let _ = write!(text, "\nat {}:{}:{}", at.path, at.start.line, at.start.column);
    }
    text
}

/// The whole document.
pub(crate) fn document(time: Duration, suites: &[(String, Suite)]) -> String {
    let total = |count: fn(&Suite) -> usize| suites.iter().map(|(_, suite)| count(suite)).sum::<usize>();
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portcullis\" tests=\"{}\" failures=\"{}\" \
         errors=\"{}\" skipped=\"{}\" time=\"{seconds}.{millis:03}\">\n",
        total(|s| s.tests),
        total(|s| s.failures),
        total(|s| s.errors),
        total(|s| s.skipped),
    );
    for (name, suite) in suites {
        let _ = write!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}  </testsuite>\n",
            escape::xml(name),
            suite.tests,
            suite.failures,
            suite.errors,
            suite.skipped,
            suite.cases
        );
    }
    xml.push_str("</testsuites>\n");
    xml
}
