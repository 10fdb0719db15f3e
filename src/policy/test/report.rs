//! What is written of the tests: for people, for programs, and for a job's log.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use super::{Outcome, Results, TestResult, percent};
use crate::policy::engine::Fault;
use crate::report::escape::{command_data, command_property, one_line, visible};
use crate::report::junit::{self, Suite};

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// What failed, and how many held.
    Human,
    /// Everything, as one JSON object.
    Json,
    /// JUnit XML.
    Junit,
    /// Annotations in the log of a job.
    Github,
}

/// What is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// Every test, and what it printed.
    pub verbose: bool,
    /// The lines that were evaluated.
    pub coverage: bool,
}

/// The report.
#[must_use]
pub fn render(format: Format, results: &Results, shown: Shown) -> String {
    match format {
        Format::Human => human(results, shown),
        Format::Json => json(results, shown),
        Format::Junit => xml(results),
        Format::Github => github(results, shown),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "pass",
        Outcome::Failed => "FAIL",
        Outcome::Skipped => "skip",
    }
}

fn time(time: Duration) -> String {
    if time.as_secs() > 0 { format!("{:.1} s", time.as_secs_f64()) } else { format!("{} ms", time.as_millis()) }
}

fn human(results: &Results, shown: Shown) -> String {
    let mut out = String::new();
    for fault in &results.faults {
        out += &told(fault);
    }
    let is_shown = |test: &&TestResult| shown.verbose || test.outcome == Outcome::Failed;
    let mut path = "";
    for test in results.tests.iter().filter(is_shown) {
        if test.path != path {
            path = &test.path;
            _ = writeln!(out, "{}", visible(path));
        }
        let place = if test.line > 1 { format!("line {}, ", test.line) } else { String::new() };
        _ = writeln!(out, "  {} {} ({place}{})", word(test.outcome), visible(&test.name), time(test.time));
        let prints = test.prints.iter().map(String::as_str);
        for line in test.why.lines().chain(prints) {
            _ = writeln!(out, "       {}", visible(line));
        }
    }
    if shown.coverage {
        out += &coverage(results);
    }
    out + &closing(results) + "\n"
}

fn told(fault: &Fault) -> String {
    let mut out = if fault.line == 0 { format!("{}: {}\n", fault.path, fault.message) } else { format!("{fault}\n") };
    if let Some(help) = &fault.help {
        _ = writeln!(out, "  {help}");
    }
    visible(&out)
}

fn coverage(results: &Results) -> String {
    let mut out = String::from("coverage\n");
    for file in &results.coverage {
        let Some(part) = percent(std::slice::from_ref(file)) else { continue };
        let left: Vec<String> = file.not_covered.iter().map(ToString::to_string).collect();
        let left = if left.is_empty() { String::new() } else { format!("  not evaluated: {}", left.join(", ")) };
        _ = writeln!(out, "  {part:5.1} % {}{left}", visible(&file.path));
    }
    if let Some(all) = results.covered() {
        _ = writeln!(out, "  {all:5.1} % of all lines");
    }
    out
}

/// One line: what was done, and what was not.
#[must_use]
pub fn closing(results: &Results) -> String {
    if !results.faults.is_empty() {
        let faults = results.faults.len();
        return format!("{faults} mistake{} in the files; not every test was run", if faults == 1 { "" } else { "s" });
    }
    if results.tests.is_empty() && results.is_chosen {
        return "no test has a name that --run matches; without it, -v names all of them".to_owned();
    }
    if results.tests.is_empty() {
        return "no tests found: rules test_… in .rego files, good.yaml and bad.yaml beside a policy, folders with base, \
                head and expected.yaml, or Gatekeeper's suites"
            .to_owned();
    }
    let [passed, failed, skipped] =
        [Outcome::Passed, Outcome::Failed, Outcome::Skipped].map(|outcome| results.count(outcome));
    let mut text = format!("{passed} of {} tests passed", results.tests.len());
    if failed > 0 {
        _ = write!(text, ", {failed} failed");
    }
    if skipped > 0 {
        _ = write!(text, ", {skipped} skipped");
    }
    text + &format!(", {}", time(results.time))
}

fn json(results: &Results, shown: Shown) -> String {
    let tests = results.tests.iter().map(|test| {
        json!({
            "name": test.name, "path": test.path, "line": test.line, "result": word(test.outcome).to_lowercase(),
            "time_ms": millis(test.time), "why": test.why, "output": test.prints,
        })
    });
    let faults = results.faults.iter().map(|fault| {
        json!({
            "code": fault.code, "path": &*fault.path, "line": fault.line, "column": fault.column,
            "message": fault.message, "help": fault.help,
        })
    });
    let mut report = json!({
        "version": 1,
        "passed": results.count(Outcome::Passed),
        "failed": results.count(Outcome::Failed),
        "skipped": results.count(Outcome::Skipped),
        "time_ms": millis(results.time),
        "faults": faults.collect::<Vec<_>>(),
        "tests": tests.collect::<Vec<_>>(),
    });
    if shown.coverage
        && let Some(fields) = report.as_object_mut()
    {
        let files = results.coverage.iter().map(|file| {
            json!({
                "path": file.path, "percent": percent(std::slice::from_ref(file)),
                "covered": file.covered, "not_covered": file.not_covered,
            })
        });
        let files: Vec<_> = files.collect();
        fields.insert("coverage".to_owned(), json!({ "percent": results.covered(), "files": files }));
    }
    crate::report::escape::json(&format!("{report:#}")) + "\n"
}

/// Milliseconds with three digits behind the point.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn xml(results: &Results) -> String {
    let mut suites: Vec<(String, Suite)> = Vec::new();
    let mut add = |path: &str, name: &str, outcome: &junit::Outcome| {
        if suites.last().is_none_or(|(last, _)| last != path) {
            suites.push((path.to_owned(), Suite::default()));
        }
        if let Some((_, suite)) = suites.last_mut() {
            suite.case(path, name, outcome);
        }
    };
    for fault in &results.faults {
        add(&fault.path, "load", &junit::Outcome::Error(fault.message.clone(), fault.to_string()));
    }
    for test in &results.tests {
        let first = test.why.lines().next().unwrap_or_default().to_owned();
        let outcome = match test.outcome {
            Outcome::Passed => junit::Outcome::Passed(test.prints.join("\n")),
            Outcome::Failed => junit::Outcome::Failure(first, format!("{}\n{}", test.why, test.prints.join("\n"))),
            Outcome::Skipped => junit::Outcome::Skipped("to be written".to_owned()),
        };
        add(&test.path, &test.name, &outcome);
    }
    if results.faults.is_empty() && results.tests.is_empty() {
        add("portcullis", "tests", &junit::Outcome::Error(closing(results), String::new()));
    }
    junit::document(results.time, &suites)
}

fn github(results: &Results, shown: Shown) -> String {
    let mut out = String::new();
    let mut annotate = |path: &str, line: u32, title: &str, message: &str| {
        let (path, line, title) = (command_property(path), line.max(1), command_property(&one_line(title)));
        _ = writeln!(out, "::error file={path},line={line},title={title}::{}", command_data(message));
    };
    for fault in &results.faults {
        annotate(&fault.path, fault.line, fault.code, &fault.message);
    }
    for test in results.tests.iter().filter(|test| test.outcome == Outcome::Failed) {
        annotate(&test.path, test.line, &test.name, &test.why);
    }
    if shown.coverage {
        out += &coverage(results);
    }
    out + &closing(results) + "\n"
}
