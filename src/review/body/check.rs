//! The check run: a title that tells the worst, a page, and annotations on lines.

use std::fmt::Write as _;

use serde::Serialize;

use crate::finding::{Finding, Severity, Status, Unchecked};
use crate::report::summary::{self, Standing};
use crate::report::{Report, Verdict, escape, markdown};
use crate::source::Side;

use super::super::path::plain;
use super::MAX_BODY;

/// Annotations of one check run. Nobody pages through more.
pub const MAX_ANNOTATIONS: usize = 200;
/// Characters of the title; GitHub's list of checks shows fewer.
const MAX_TITLE: usize = 200;
/// Characters of one text in the title.
const MAX_SHORT: usize = 120;
/// Bytes of a message; GitHub takes 64 KB.
const MAX_MESSAGE: usize = 4_000;

/// What a check run says in the end, in GitHub's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// The merge is allowed.
    Success,
    /// A finding stands against it.
    Failure,
    /// Something that had to be judged was not.
    ActionRequired,
    /// Nothing is decided here.
    Neutral,
    /// A newer head is judged instead.
    Cancelled,
}

impl Conclusion {
    /// GitHub's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::ActionRequired => "action_required",
            Self::Neutral => "neutral",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How bad an annotation is, in GitHub's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// An error.
    Failure,
    /// A warning.
    Warning,
    /// Information.
    Notice,
}

/// A remark on lines of the head, in GitHub's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// The file.
    pub path: String,
    /// First line, from 1.
    pub start_line: u32,
    /// Last line.
    pub end_line: u32,
    /// First column; only where both lines are one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_column: Option<u32>,
    /// Last column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// How bad.
    pub annotation_level: Level,
    /// What is wrong.
    pub message: String,
    /// The rule.
    pub title: String,
}

/// A completed check run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name, by which a later run finds it.
    pub name: String,
    /// What it says.
    pub conclusion: Conclusion,
    /// The worst in one line.
    pub title: String,
    /// A page of Markdown.
    pub summary: String,
    /// Remarks on lines, worst first.
    pub annotations: Vec<Annotation>,
    /// Digest of all that, the time of the run aside.
    pub says: String,
}

/// The check run of a report about a change of so many lines, with a note of ours at the top of its page. `neutral`: it
/// explains and decides nothing.
#[must_use]
pub fn check(name: &str, report: &Report, lines: u32, neutral: bool, note: &str) -> Check {
    let conclusion = match (report.decision.allow, report.verdict) {
        _ if neutral => Conclusion::Neutral,
        (true, _) | (false, Verdict::Pass) => Conclusion::Success,
        (false, Verdict::Fail) => Conclusion::Failure,
        (false, Verdict::Indeterminate) => Conclusion::ActionRequired,
    };
    let timeless = markdown::render(&Report { elapsed_ms: 0, ..report.clone() }, MAX_BODY);
    let (title, annotations) = (title(report, lines), annotations(report));
    let words = format!("{conclusion:?}{title}{timeless}{annotations:?}");
    Check {
        name: name.to_owned(),
        conclusion,
        title,
        summary: note.to_owned() + &markdown::render(report, MAX_BODY - note.len()),
        annotations,
        says: crate::judge::digest([words.as_str()]),
    }
}

fn title(report: &Report, lines: u32) -> String {
    let open: Vec<&Finding> = summary::with_standing(report, Standing::Open).collect();
    let worst = open.iter().copied().min_by_key(|finding| (!finding.deciding, std::cmp::Reverse(finding.severity)));
    let deciding = summary::open_unchecked(report).find(|record| record.deciding);
    let text = match (worst, deciding) {
        (Some(worst), None) => short(worst, open.len() - 1),
        (Some(worst), _) if worst.deciding => short(worst, open.len() - 1),
        (_, Some(record)) => {
            let more = summary::open_unchecked(report).filter(|record| record.deciding).count() - 1;
            let what = summary::reason_words(record.reason, record.count.max(1).into());
            let help = record.help.as_ref().map_or(String::new(), |help| format!("; {}", escape::cut(help, MAX_SHORT)));
            format!("{what}: {}{}{help}", record.path, plus(more))
        }
        (None, None) => match report.notices.iter().find(|notice| notice.id == "nothing-to-check") {
            Some(notice) => notice.text.lines().next().unwrap_or_default().to_owned(),
            None => reach(report, lines),
        },
    };
    let text = match &report.decision.overridden {
        Some(used) => format!("override by {}: {text}", escape::cut(&used.actor, MAX_SHORT)),
        None => text,
    };
    escape::one_line(&escape::cut(&text, MAX_TITLE))
}

/// `Service web: spec.clusterIP is immutable (prod-eu) +2`.
fn short(finding: &Finding, more: usize) -> String {
    let place = summary::main_place(finding);
    let about = match (&finding.object, place) {
        (Some(object), _) => format!("{} {}", object.kind, object.name),
        (None, Some(place)) => place.location.path.to_string(),
        (None, None) => finding.rule.to_string(),
    };
    let message = finding.message.lines().next().unwrap_or_default();
    let cluster = place.and_then(|place| place.cluster.as_ref()).map_or(String::new(), |name| format!(" ({name})"));
    format!("{}: {}{cluster}{}", escape::cut(&about, MAX_SHORT), escape::cut(message, MAX_SHORT), plus(more))
}

fn plus(more: usize) -> String {
    if more > 0 { format!(" +{more}") } else { String::new() }
}

/// `3 lines → 50 objects in 12 clusters, no finding`: how far a change reaches is what a reviewer cannot see in its diff.
fn reach(report: &Report, lines: u32) -> String {
    let counts = &report.counts;
    let objects = [counts.created, counts.updated, counts.deleted].into_iter().fold(0, u32::saturating_add);
    let clusters = match counts.clusters {
        0 => String::new(),
        count => format!(" in {}", summary::counted(count as usize, "cluster")),
    };
    let unchecked = summary::total(summary::open_unchecked(report));
    let unchecked = if unchecked > 0 { format!(", {} not judged", summary::grouped(unchecked)) } else { String::new() };
    let size = match lines {
        0 => summary::counted(counts.files_changed as usize, "file"),
        lines => summary::counted(lines as usize, "line"),
    };
    format!("{size} → {}{clusters}, no finding{unchecked}", summary::counted(objects as usize, "object"))
}

fn annotations(report: &Report) -> Vec<Annotation> {
    let mut found: Vec<(bool, Annotation)> = summary::with_standing(report, Standing::Open)
        .filter_map(|finding| Some((finding.deciding, of_finding(finding)?)))
        .chain(summary::open_unchecked(report).filter_map(|record| Some((record.deciding, of_unchecked(record)?))))
        .collect();
    found.sort_by_key(|(deciding, annotation)| {
        let level = match annotation.annotation_level {
            Level::Failure => 0,
            Level::Warning => 1,
            Level::Notice => 2,
        };
        (!deciding, level)
    });
    found.into_iter().map(|(_, annotation)| annotation).take(MAX_ANNOTATIONS).collect()
}

/// The annotation of a finding; none for a file that the head does not have.
fn of_finding(finding: &Finding) -> Option<Annotation> {
    let at = &summary::main_place(finding)?.location;
    let path = plain(&at.path).filter(|_| at.side == Side::Head)?;
    let last = summary::last_line(at).max(at.start.line);
    let one_line = last == at.start.line && at.end.line == at.start.line;
    let mut message = finding.message.clone();
    if let Some(object) = &finding.object {
        let _ = write!(message, "\n{object}");
    }
    let _ = write!(message, "\n{} ({})", finding.authority, finding.basis.0);
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    Some(Annotation {
        path: path.to_owned(),
        start_line: at.start.line.max(1),
        end_line: last.max(1),
        start_column: one_line.then_some(at.start.column),
        end_column: one_line.then_some(at.end.column),
        annotation_level: match finding.severity {
            Severity::Error => Level::Failure,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Notice,
        },
        message: said(&message),
        title: said(&escape::cut(finding.rule.as_str(), MAX_TITLE)),
    })
}

fn of_unchecked(record: &Unchecked) -> Option<Annotation> {
    let path = plain(&record.path).filter(|_| record.side == Side::Head && record.status == Status::New)?;
    let mut message = format!("not judged: {}", record.reason.explanation().trim());
    for more in [Some(&record.detail), record.help.as_ref()].into_iter().flatten().filter(|more| !more.is_empty()) {
        let _ = write!(message, "\n{more}");
    }
    Some(Annotation {
        path: path.to_owned(),
        start_line: 1,
        end_line: 1,
        start_column: None,
        end_column: None,
        annotation_level: if record.deciding { Level::Failure } else { Level::Warning },
        message: said(&message),
        title: format!("unchecked/{}", record.reason),
    })
}

/// Annotations are plain text: only what is invisible has to go.
fn said(text: &str) -> String {
    escape::visible(&escape::cut(text, MAX_MESSAGE))
}
