//! GitHub workflow commands: annotations on the lines of a pull request, from a job's log.
//!
//! Every line is a command of our own with its text escaped, so nothing from a manifest can begin another.

use std::fmt::Write as _;

use crate::finding::{Finding, Severity, Unchecked};
use crate::source::Side;

use super::summary::{self, Standing};
use super::{Report, Verdict, escape};

/// Annotations of one level that GitHub shows for one step.
const MAX_PER_LEVEL: usize = 10;
/// Characters of a message: GitHub cuts at 64 KB, a reader long before.
const MAX_MESSAGE: usize = 4_000;
/// Characters of a title; GitHub cuts at 255.
const MAX_TITLE: usize = 200;

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    // The verdict is an annotation of its own, and first, so that it is never among those left out.
    let level = match (report.exit_code(), report.verdict) {
        (0, Verdict::Pass) => "notice",
        (0, _) => "warning",
        _ => "error",
    };
    command(&mut text, level, &[("title", "portcullis")], &verdict(report));

    let mut annotations: Vec<Annotation> = summary::with_standing(report, Standing::Open).map(of_finding).collect();
    annotations.extend(summary::open_unchecked(report).map(of_unchecked));
    annotations.sort_by_key(|annotation| !annotation.deciding);
    for name in ["error", "warning", "notice"] {
        let free = MAX_PER_LEVEL - usize::from(name == level);
        let of_level = || annotations.iter().filter(|annotation| annotation.level == name);
        for annotation in of_level().take(free) {
            let properties: Vec<(&str, &str)> =
                annotation.properties.iter().map(|(key, value)| (*key, value.as_str())).collect();
            command(&mut text, name, &properties, &annotation.message);
        }
        let left_out = of_level().count().saturating_sub(free);
        if left_out > 0 {
            let what = summary::counted(left_out, name);
            let _ =
                writeln!(text, "portcullis: {what} not annotated (GitHub shows {MAX_PER_LEVEL} of a level per step)");
        }
    }
    text
}

struct Annotation {
    level: &'static str,
    deciding: bool,
    properties: Vec<(&'static str, String)>,
    message: String,
}

fn command(text: &mut String, level: &str, properties: &[(&str, &str)], message: &str) {
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", escape::command_property(value))).collect();
    let message = escape::command_data(&escape::cut(message, MAX_MESSAGE));
    let _ = writeln!(text, "::{level} {}::{message}", properties.join(","));
}

fn verdict(report: &Report) -> String {
    let mut lines = Vec::new();
    if let Some(used) = &report.decision.overridden {
        lines.push(summary::override_words(used));
    }
    lines.push(summary::closing(report));
    lines.extend(report.notices.iter().map(|notice| notice.text.clone()));
    lines.join("\n")
}

fn of_finding(finding: &Finding) -> Annotation {
    let mut properties = Vec::new();
    let mut message = finding.message.clone();
    if let Some(place) = summary::main_place(finding) {
        let at = &place.location;
        properties.push(("file", at.path.to_string()));
        // A line of the base side means nothing in the head's file.
        if at.side == Side::Head {
            let last = summary::last_line(at);
            properties.push(("line", at.start.line.to_string()));
            properties.push(("endLine", last.to_string()));
            // GitHub takes columns only within one line.
            if last == at.start.line && at.end.line == at.start.line {
                properties.push(("col", at.start.column.to_string()));
                properties.push(("endColumn", at.end.column.to_string()));
            }
        } else {
            let _ = write!(message, " (line {} of the base)", at.start.line);
        }
    }
    properties.push(("title", escape::cut(finding.rule.as_str(), MAX_TITLE)));
    if let Some(object) = &finding.object {
        let _ = write!(message, "\n{object}");
    }
    let _ = write!(message, "\n{} ({})", finding.authority, finding.basis.0);
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    let others = summary::live(finding).count().saturating_sub(1);
    if others > 0 {
        let _ = write!(message, "\nalso at {}", summary::counted(others, "other place"));
    }
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    Annotation { level, deciding: finding.deciding, properties, message }
}

fn of_unchecked(record: &Unchecked) -> Annotation {
    let mut message = format!("not judged: {}", record.reason.explanation().trim());
    for more in [record.object.as_ref().map(ToString::to_string), Some(record.detail.clone()), record.help.clone()] {
        if let Some(more) = more.filter(|more| !more.is_empty()) {
            let _ = write!(message, "\n{more}");
        }
    }
    Annotation {
        level: if record.deciding { "error" } else { "warning" },
        deciding: record.deciding,
        properties: vec![("file", record.path.to_string()), ("title", format!("unchecked/{}", record.reason))],
        message,
    }
}
