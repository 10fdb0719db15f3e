//! Which comments on lines and files a report asks for, and what becomes of those that are posted.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Location, Severity};
use crate::report::summary::{self, Standing};
use crate::report::{Report, escape};
use crate::source::Side;

use super::body::inline::{self, About};
use super::diff::{Anchor, Diff};
use super::marker::{Kind, Marker};
use super::path::plain;
use super::plan::{LineComment, MAX_INLINE, Settings, Step};
use super::posted::{Comment, Posted};

/// Of the comments, those on whole files: each takes a request of its own.
const MAX_FILE_COMMENTS: usize = 5;

/// The comments on lines and files that the report asks for.
#[derive(Default)]
pub(super) struct Comments {
    lines: Vec<LineComment>,
    files: Vec<Step>,
    edits: Vec<Step>,
    /// Keys of everything that holds, commented or not.
    hold: BTreeSet<String>,
    /// Own comments that say what another one says, where two runs raced: GraphQL ids.
    twice: Vec<String>,
}

impl Comments {
    pub(super) fn of(report: &Report, diff: &Diff, posted: &Posted, settings: &Settings) -> Self {
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
            let about = About { what: &what, findings: &findings, anchor: &anchor, diff };
            let (marker, body) = inline::body(&settings.gate, report, &about);
            if let Some(first) = own.next() {
                room -= 1;
                comments.twice.extend(own.filter(|other| !other.replied).map(|other| other.node.clone()));
                if first.marker.digest != marker.digest {
                    comments.edits.push(Step::EditInline { id: first.id, body });
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

    pub(super) fn steps(self, report: &Report, posted: &Posted, settings: &Settings, steps: &mut Vec<Step>) {
        let blocked = !report.decision.allow;
        let wants_changes = settings.request_changes && blocked && !settings.neutral;
        let asks = wants_changes && posted.requested_changes.is_empty();
        if asks || !self.lines.is_empty() {
            let event = if asks { "REQUEST_CHANGES" } else { "COMMENT" };
            let severities = summary::severity_words(report);
            let told = if severities.is_empty() { String::new() } else { format!(": {severities}") };
            let text = escape::markdown_code(&(summary::verdict_words(report) + &told));
            let marker = Marker::new(Kind::Review, &settings.gate, &[], &text);
            let body = format!("{marker}\nportcullis: {text}");
            steps.push(Step::Review { event, body, comments: self.lines });
        }
        steps.extend(self.files);
        steps.extend(self.edits);
        let gone =
            |comment: &&Comment| !comment.minimized && !comment.replied && !self.hold.contains(&comment.marker.key);
        let summaries = posted.summaries.iter().skip(1).filter(|comment| !comment.minimized);
        let gone = posted.inline.iter().filter(gone).chain(summaries).map(|comment| comment.node.clone());
        let nodes: Vec<String> = gone.chain(self.twice).collect();
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

fn rank(finding: &Finding) -> (bool, Reverse<Severity>) {
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
