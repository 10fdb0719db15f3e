//! What to post: a pure function of the report, of what the forge shows of the change, and of what is posted already.
//!
//! The same report twice changes nothing. Nothing is planned about a text that is not our own, since [`Posted`] holds no
//! other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::config::CommentMode;
use crate::finding::{Effect, Finding, Location};
use crate::report::Report;
use crate::report::summary::{self, Standing};
use crate::source::Side;

use super::body::check::{Check, check};
use super::body::{inline, summary as summary_body};
use super::diff::{Anchor, Diff};
use super::marker::{Kind, Marker};
use super::path::plain;
use super::posted::{CheckRun, Posted};

/// Comments on lines that stand on a pull request at once. Beyond 270 its page does not load any more, and long before
/// nobody reads them; the summary has all.
pub const MAX_INLINE: usize = 20;
/// Of these, comments on whole files: each takes a request of its own.
const MAX_FILE_COMMENTS: usize = 5;

/// How to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the check run; comments of a gate of another name are not touched.
    pub gate: String,
    /// When there is a summary comment.
    pub comment: CommentMode,
    /// A blocked change gets a review that requests changes.
    pub request_changes: bool,
    /// There is a pull request to comment on.
    pub pull_request: bool,
    /// The check run explains and decides nothing.
    pub neutral: bool,
}

/// What to post, in this order; the check run is completed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Reviews and comments.
    pub steps: Vec<Step>,
    /// The check run; none if it says so already.
    pub check: Option<Check>,
}

/// One thing to do. Each is one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// A review with comments on lines.
    Review {
        /// `COMMENT` or `REQUEST_CHANGES`.
        event: &'static str,
        /// Its text.
        body: String,
        /// Its comments.
        comments: Vec<LineComment>,
    },
    /// A comment on a file.
    FileComment {
        /// The file.
        path: String,
        /// The comment.
        body: String,
        /// The rule that it speaks of, for people.
        rule: String,
    },
    /// Another text for a comment on lines or a file.
    EditInline {
        /// The comment.
        id: u64,
        /// Its new text.
        body: String,
    },
    /// Fold comments away: what they say does not hold any more, and nobody answered.
    Minimize {
        /// Their GraphQL ids.
        nodes: Vec<String>,
    },
    /// Take back a review that requested changes.
    Dismiss {
        /// The review.
        review: u64,
        /// Why.
        message: String,
    },
    /// The summary comment.
    Summary {
        /// The one to edit; none: a new one.
        id: Option<u64>,
        /// Its text.
        body: String,
    },
}

/// A comment of a review, in GitHub's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineComment {
    /// The file.
    pub path: String,
    /// The comment.
    pub body: String,
    /// `LEFT` (the base's lines) or `RIGHT`.
    pub side: &'static str,
    /// The last line.
    pub line: u32,
    /// The first line, if there are several; GitHub refuses equal ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_line: Option<u32>,
    /// The side of the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_side: Option<&'static str>,
}

/// Work out what to post.
#[must_use]
pub fn plan(report: &Report, diff: &Diff, posted: &Posted, settings: &Settings) -> Plan {
    let retold = settings.neutral.then(|| retold(report));
    let report = retold.as_ref().unwrap_or(report);
    let note = if settings.neutral { RETOLD } else { "" };
    let mut steps = Vec::new();
    if settings.pull_request {
        let comments = Comments::of(report, diff, posted, settings);
        comments.steps(report, posted, settings, &mut steps);
        summary_steps(report, posted, settings, note, &mut steps);
    }
    let mut check = check(&settings.gate, report, settings.neutral, note);
    if settings.neutral {
        check.annotations.retain(|annotation| diff.has(&annotation.path));
    }
    // Whoever can write check runs can write any digest, so what people see of it must be the same, too.
    let says_so = |run: &CheckRun| {
        run.says.as_ref() == Some(&check.says) && run.title == check.title && run.conclusion == check.conclusion.word()
    };
    let says_so = posted.check.as_ref().is_some_and(says_so);
    let check = (!says_so).then_some(check);
    Plan { steps, check }
}

/// What stands above a report that another job made.
const RETOLD: &str = "> This is what a job of the change itself reports. It decides nothing.\n\n";

/// A report that somebody else may have written: who overrode what is known from the forge only, never from it.
fn retold(report: &Report) -> Report {
    let mut report = report.clone();
    if report.decision.overridden.take().is_some() {
        report.decision.allow = false;
    }
    report
}

/// The files that findings name, which is where a comment may go.
#[must_use]
pub fn files(report: &Report) -> BTreeSet<crate::source::RepoPath> {
    let open = summary::with_standing(report, Standing::Open).filter_map(summary::main_place);
    let locations = open.flat_map(|place| std::iter::once(&place.location).chain(&place.location.chain));
    locations.map(|location| location.path.clone()).collect()
}

/// The comments on lines and files that the report asks for.
#[derive(Default)]
struct Comments {
    lines: Vec<LineComment>,
    files: Vec<Step>,
    edits: Vec<Step>,
    /// Keys of everything that holds, commented or not.
    hold: BTreeSet<String>,
}

impl Comments {
    fn of(report: &Report, diff: &Diff, posted: &Posted, settings: &Settings) -> Self {
        let mut comments = Self::default();
        let mut files = BTreeSet::new();
        let mut room = MAX_INLINE;
        for (what, findings) in groups(report) {
            let what: Vec<&str> = what.iter().map(String::as_str).collect();
            let location = findings.first().and_then(|finding| summary::main_place(finding));
            let anchor = location.and_then(|place| anchor(&place.location, diff));
            // A finding whose lines are not shown any more still keeps the comment that it has.
            let key = Marker::new(Kind::Inline, &settings.gate, &what, "").key;
            comments.hold.insert(key.clone());
            let mut own = posted.inline.iter().filter(|comment| comment.marker.key == key && !comment.minimized);
            let Some(anchor) = anchor.filter(|_| room > 0) else { continue };
            let (marker, body) = inline::body(&settings.gate, &what, &findings, &anchor, diff);
            if let Some(own) = own.next() {
                room -= 1;
                if own.marker.digest != marker.digest {
                    comments.edits.push(Step::EditInline { id: own.id, body });
                }
                continue;
            }
            match anchor {
                Anchor::Lines { path, side, first, last } => {
                    let Some(path) = plain(&path) else { continue };
                    let side = if side == Side::Base { "LEFT" } else { "RIGHT" };
                    let start = (first < last).then_some(first);
                    comments.lines.push(LineComment {
                        path: path.to_owned(),
                        body,
                        side,
                        line: last,
                        start_line: start,
                        start_side: start.map(|_| side),
                    });
                }
                Anchor::File { path } => {
                    let Some(name) = plain(&path) else { continue };
                    // The first that is said of a file is its worst; the summary has the others.
                    if files.len() >= MAX_FILE_COMMENTS || !files.insert(path.clone()) {
                        continue;
                    }
                    let rule = findings.first().map_or(String::new(), |finding| finding.rule.to_string());
                    comments.files.push(Step::FileComment { path: name.to_owned(), body, rule });
                }
            }
            room -= 1;
        }
        comments
    }

    fn steps(self, report: &Report, posted: &Posted, settings: &Settings, steps: &mut Vec<Step>) {
        let blocked = !report.decision.allow;
        let wants_changes = settings.request_changes && blocked && !settings.neutral;
        let asks = wants_changes && posted.requested_changes.is_empty();
        if asks || !self.lines.is_empty() {
            let event = if asks { "REQUEST_CHANGES" } else { "COMMENT" };
            let text = summary::verdict_words(report);
            let text = crate::report::escape::markdown_code(&text);
            let marker = Marker::new(Kind::Review, &settings.gate, &[], &text);
            let body = format!("{marker}\nportcullis: {text}");
            steps.push(Step::Review { event, body, comments: self.lines });
        }
        steps.extend(self.files);
        steps.extend(self.edits);
        let gone = |comment: &&super::posted::Comment| {
            !comment.minimized && !comment.replied && !self.hold.contains(&comment.marker.key)
        };
        let summaries = posted.summaries.iter().skip(1).filter(|comment| !comment.minimized);
        let nodes: Vec<String> =
            posted.inline.iter().filter(gone).chain(summaries).map(|comment| comment.node.clone()).collect();
        if !nodes.is_empty() {
            steps.push(Step::Minimize { nodes });
        }
        if !wants_changes {
            let message = "portcullis: what this review asked for is done".to_owned();
            let dismiss = |review: &u64| Step::Dismiss { review: *review, message: message.clone() };
            steps.extend(posted.requested_changes.iter().map(dismiss));
        }
    }
}

/// Findings that the change brings or that stand against it, by rule and object (or file), worst first.
fn groups(report: &Report) -> Vec<(Vec<String>, Vec<&Finding>)> {
    let mut groups: BTreeMap<Vec<String>, Vec<&Finding>> = BTreeMap::new();
    let mut order: Vec<Vec<String>> = Vec::new();
    for finding in summary::with_standing(report, Standing::Open) {
        let Some(place) = summary::main_place(finding) else { continue };
        let object = finding.object.as_ref().map_or(String::new(), ToString::to_string);
        let group = finding.object.as_ref().map_or(String::new(), |object| object.group.clone());
        let what = vec![finding.rule.to_string(), place.location.path.as_str().to_owned(), group, object];
        let of_what = groups.entry(what.clone()).or_default();
        if of_what.is_empty() {
            order.push(what);
        }
        of_what.push(finding);
    }
    let mut groups: Vec<_> = order.into_iter().filter_map(|what| groups.remove_entry(&what)).collect();
    for (_, findings) in &mut groups {
        findings.sort_by_key(|finding| rank(finding));
    }
    groups.sort_by_key(|(_, findings)| findings.first().map(|finding| rank(finding)));
    groups
}

fn rank(finding: &Finding) -> (bool, Reverse<crate::finding::Severity>) {
    (!finding.deciding, Reverse(finding.severity))
}

/// The best place for a comment: the finding's own lines, else those of the sources that were rendered into it, else the
/// file.
fn anchor(location: &Location, diff: &Diff) -> Option<Anchor> {
    let own = diff.anchor(location);
    if matches!(own, Some(Anchor::Lines { .. })) {
        return own;
    }
    let of_sources = location.chain.iter().filter_map(|source| diff.anchor(source));
    let mut all: Vec<Anchor> = own.into_iter().chain(of_sources).collect();
    all.sort_by_key(|anchor| matches!(anchor, Anchor::File { .. }));
    all.into_iter().next()
}

fn summary_steps(report: &Report, posted: &Posted, settings: &Settings, note: &str, steps: &mut Vec<Step>) {
    let existing = posted.summaries.first();
    let speaks = summary::with_standing(report, Standing::Open).next().is_some()
        || report.unchecked.iter().any(|record| record.deciding && record.effect == Effect::Fail)
        || report.decision.overridden.is_some();
    let wanted = match settings.comment {
        CommentMode::Never => false,
        CommentMode::Always => true,
        // A clean change gets none; one that was told of something is told that it is clean now.
        CommentMode::Findings => speaks || existing.is_some(),
    };
    if !wanted {
        return;
    }
    let (marker, body) = summary_body::body(&settings.gate, report, note);
    if existing.is_none_or(|comment| comment.marker.digest != marker.digest) {
        steps.push(Step::Summary { id: existing.map(|comment| comment.id), body });
    }
}
