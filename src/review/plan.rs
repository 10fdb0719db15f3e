//! What to post: a pure function of the report, of what the forge shows of the change, and of what is posted already.
//!
//! The same report twice changes nothing. Nothing is planned about a text that is not our own, since [`Posted`] holds no
//! other.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::config::CommentMode;
use crate::finding::Effect;
use crate::report::Report;
use crate::report::summary::{self, Standing};

use super::body::check::{Check, check};
use super::body::summary as summary_body;
use super::comments::Comments;
use super::diff::Diff;
use super::posted::{CheckRun, Posted};

/// Comments on lines that stand on a pull request at once. Beyond 270 its page does not load any more, and long before
/// nobody reads them; the summary has all.
pub const MAX_INLINE: usize = 20;

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
    let mut check = check(&settings.gate, report, diff.lines(), settings.neutral, note);
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

/// What stands above a summary that told of something before.
const MENDED: &str = "> Fixed: what was told here does not hold any more.\n\n";

/// A report that somebody else may have written: who overrode what is known from the forge only, never from it, and its
/// addresses may lead anywhere.
#[must_use]
pub fn retold(report: &Report) -> Report {
    let mut report = report.clone();
    report.policies.iter_mut().for_each(|policy| policy.links.clear());
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
    let mended = settings.comment == CommentMode::Findings && !speaks;
    let note = if mended { format!("{note}{MENDED}") } else { note.to_owned() };
    let (marker, body) = summary_body::body(&settings.gate, report, &note);
    if existing.is_none_or(|comment| comment.marker.digest != marker.digest) {
        steps.push(Step::Summary { id: existing.map(|comment| comment.id), body });
    }
}
