//! GitLab's code quality report: what the merge request widget compares between source and target branch, by
//! fingerprint. So it holds what was there before too, and leaves out what is fixed or suppressed.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::finding::{Finding, Severity, Unchecked};

use super::summary::{self, Standing};
use super::{Report, escape, json};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: IssueLocation,
}

#[derive(Serialize)]
struct IssueLocation {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

pub(super) fn render(report: &Report) -> io::Result<String> {
    let findings = report
        .findings
        .iter()
        .filter(|finding| matches!(summary::standing(finding), Standing::Open | Standing::Existing))
        .filter_map(|finding| of_finding(report, finding));
    let unchecked = summary::open_unchecked(report).map(|record| of_unchecked(report, record));
    let issues: Vec<Issue> = findings.chain(unchecked).collect();
    json::document(&issues)
}

/// What stands before something that would decide, and does not: the report has no other place for it.
fn allowed(report: &Report, deciding: bool) -> String {
    if deciding && report.decision.allow { format!("allowed ({}): ", report.decision.because) } else { String::new() }
}

fn of_finding(report: &Report, finding: &Finding) -> Option<Issue> {
    let place = summary::main_place(finding)?;
    let mut description = allowed(report, finding.deciding) + &finding.message;
    if let Some(object) = &finding.object {
        let _ = write!(description, " ({object})");
    }
    let others = summary::live(finding).count().saturating_sub(1);
    if others > 0 {
        let _ = write!(description, ", also at {}", summary::counted(others, "other place"));
    }
    // The widget shows nothing but this line.
    if let Some(help) = &finding.help {
        let _ = write!(description, "; help: {help}");
    }
    Some(Issue {
        description: escape::one_line(&description),
        check_name: finding.rule.as_str().to_owned(),
        fingerprint: finding.fingerprint.0.clone(),
        severity: match (finding.severity, finding.deciding && !report.decision.allow) {
            (_, true) => "blocker",
            (Severity::Error, false) => "critical",
            (Severity::Warning, false) => "minor",
            (Severity::Info, false) => "info",
        },
        location: IssueLocation {
            path: place.location.path.to_string(),
            lines: Lines { begin: place.location.start.line },
        },
    })
}

fn of_unchecked(report: &Report, record: &Unchecked) -> Issue {
    let object = record.object.as_ref().map_or(String::new(), |object| format!(" {object}:"));
    let allowed = allowed(report, record.deciding);
    let description = format!("{allowed}Not judged:{object} {} {}", record.reason.explanation().trim(), record.detail);
    let mut hash = Sha256::new();
    for part in [record.reason.id(), record.path.as_str(), &object, &record.detail] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let fingerprint = hash.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Issue {
        description: escape::one_line(description.trim_end()),
        check_name: format!("unchecked/{}", record.reason),
        fingerprint,
        severity: if record.deciding && !report.decision.allow { "blocker" } else { "info" },
        location: IssueLocation { path: record.path.to_string(), lines: Lines { begin: 1 } },
    }
}
