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
        .filter_map(of_finding);
    let issues: Vec<Issue> = findings.chain(summary::open_unchecked(report).map(of_unchecked)).collect();
    json::document(&issues)
}

fn of_finding(finding: &Finding) -> Option<Issue> {
    let place = summary::main_place(finding)?;
    let mut description = finding.message.clone();
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
        severity: match (finding.severity, finding.deciding) {
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

fn of_unchecked(record: &Unchecked) -> Issue {
    let object = record.object.as_ref().map_or(String::new(), |object| format!(" {object}:"));
    let description = format!("Not judged:{object} {} {}", record.reason.explanation().trim(), record.detail);
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
        severity: if record.deciding { "blocker" } else { "info" },
        location: IssueLocation { path: record.path.to_string(), lines: Lines { begin: 1 } },
    }
}
