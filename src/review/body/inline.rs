//! A comment on the lines of a finding.

use std::fmt::Write as _;

use crate::finding::{Finding, Fix, Location, Status};
use crate::report::model::PolicyInfo;
use crate::report::{Report, escape, explain, link, summary};
use crate::rules;
use crate::source::Side;

use super::super::diff::{Anchor, Diff};
use super::super::marker::{Kind, Marker};
use super::{block, fence, quoted};

/// Characters of one quoted text: what a person reads beside a diff.
const MAX_TEXT: usize = 1_500;
/// Other findings of the same rule and object that are listed.
const MAX_OTHERS: usize = 10;

/// What a comment speaks of.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The rule, the file and the object.
    pub what: &'a [&'a str],
    /// What the rule says of it.
    pub findings: &'a [&'a Finding],
    /// Where the comment goes.
    pub anchor: &'a Anchor,
    /// What the forge shows.
    pub diff: &'a Diff,
}

/// The comment on a rule and an object: the first finding in full, the others in a line each.
#[must_use]
pub fn body(gate: &str, report: &Report, about: &About<'_>) -> (Marker, String) {
    let About { what, findings, .. } = *about;
    let mut text = String::new();
    if let Some((first, others)) = findings.split_first() {
        finding(&mut text, first, report, about);
        if !others.is_empty() {
            let _ = writeln!(text, "\nThe same rule says of the same object:\n");
        }
        for other in others.iter().take(MAX_OTHERS) {
            let line = summary::main_place(other).map_or(0, |place| place.location.start.line);
            let _ = writeln!(text, "- line {line}: {}", quoted(&other.message, MAX_TEXT));
        }
        if others.len() > MAX_OTHERS {
            let _ = writeln!(text, "- and {} more", others.len() - MAX_OTHERS);
        }
    }
    let marker = Marker::new(Kind::Inline, gate, what, &text);
    let text = format!("{marker}\n{text}");
    (marker, text)
}

fn finding(text: &mut String, finding: &Finding, report: &Report, about: &About<'_>) {
    let About { anchor, diff, .. } = *about;
    let Finding { severity, rule, .. } = finding;
    let object = finding
        .object
        .as_ref()
        .map_or(String::new(), |object| format!(" in {}", quoted(&object.to_string(), MAX_TEXT)));
    let _ = writeln!(
        text,
        "**{severity}** {}{object}\n\n{}",
        quoted(rule.as_str(), 200),
        quoted(&finding.message, MAX_TEXT)
    );
    let place = summary::main_place(finding);
    if let (Some(place), Anchor::File { .. }) = (place, anchor) {
        let side = if place.location.side == Side::Base { " of the base" } else { "" };
        let _ = writeln!(text, "\nIt is line {}{side}, which this change does not show.", place.location.start.line);
    } else if let (Some(place), Anchor::Lines { path, first, .. }) = (place, anchor)
        && (place.location.path != *path || place.location.start.line != *first)
    {
        let at = format!("{}:{}", place.location.path, place.location.start.line);
        let _ = writeln!(text, "\nIt is at {}.", quoted(&at, MAX_TEXT));
    }
    let says = format!("{} ({})", finding.authority, finding.basis.0);
    let _ = writeln!(text, "\nSays: {}", quoted(&says, MAX_TEXT));
    if place.is_some_and(|place| place.status == Status::Existing) {
        let _ = writeln!(text, "\nIt was there before, but this change cannot be applied with it.");
    }
    let places = summary::live(finding).count();
    if places > 1 {
        let mut names: Vec<&str> =
            summary::live(finding).filter_map(|place| place.cluster.as_deref().or(place.root.as_deref())).collect();
        names.dedup();
        let list = if names.is_empty() { String::new() } else { format!(": {}", quoted(&names.join(", "), MAX_TEXT)) };
        let _ = writeln!(text, "\nIt holds in {}{list}", summary::counted(places, "place"));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(text, "\nHelp: {}", quoted(help, MAX_TEXT));
    }
    if let Some(suggestion) = finding.fix.as_ref().and_then(|fix| suggestion(fix, &place?.location, anchor, diff)) {
        let fence = fence(&suggestion);
        let _ = writeln!(text, "\n{fence}suggestion\n{suggestion}\n{fence}");
    }
    let why = match (rules::find(rule.as_str()), report.policy(rule)) {
        (Some(known), _) => known.explanation.trim().to_owned(),
        (None, Some(policy)) => of_policy(policy),
        (None, None) => String::new(),
    };
    if !why.is_empty() {
        let _ = writeln!(text, "\n<details><summary>Why</summary>\n\n{why}\n\n</details>");
    }
    let link = link::of_rule(report, rule).map(|address| format!("[about {}]({address})", quoted(rule.as_str(), 200)));
    let command = explain::is_known(rule.as_str()).then(|| format!("`portcullis explain {rule}`"));
    let more: Vec<String> = link.into_iter().chain(command).collect();
    if !more.is_empty() {
        let _ = writeln!(text, "\n<sub>{}</sub>", more.join(" · "));
    }
}

/// What a policy says of itself. It is text of the repository's, so nothing of it is live but plain addresses, in full.
fn of_policy(policy: &PolicyInfo) -> String {
    let description = (!policy.description.is_empty()).then(|| block(&policy.description, MAX_TEXT));
    let shown = |link: &String| {
        if link::is_address(link) { format!("- <{link}>") } else { format!("- {}", quoted(link, MAX_TEXT)) }
    };
    let links = policy.links.iter().take(MAX_OTHERS).map(shown).collect::<Vec<_>>().join("\n");
    let parts = [quoted(&policy.title, MAX_TEXT), description.unwrap_or_default(), links];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The lines that a fix writes, if the comment stands on exactly those that it replaces, and nothing of them was hidden
/// or cut in the report. A suggestion is the only text that is copied into the repository as it is, so it must be seen
/// in full.
fn suggestion(fix: &Fix, location: &Location, anchor: &Anchor, diff: &Diff) -> Option<String> {
    let Anchor::Lines { path, side: Side::Head, first, last } = anchor else { return None };
    if (*first, *last) != (fix.start.line, fix.end.line) || location.path != *path {
        return None;
    }
    let snippet = location.snippet.as_ref()?;
    let from = first.checked_sub(snippet.first_line)? as usize;
    let count = (last - first) as usize + 1;
    let shown = snippet.lines.get(from..from + count)?;
    let real: Vec<&str> = diff.text(path)?.lines().skip((*first as usize).checked_sub(1)?).take(count).collect();
    if real != shown {
        return None;
    }
    let byte = |line: &str, column: u32| {
        let at = (column as usize).checked_sub(1)?;
        Some(line.char_indices().nth(at).map_or(line.len(), |(byte, _)| byte))
    };
    let (head, tail) = (*real.first()?, *real.last()?);
    let text = format!(
        "{}{}{}",
        head.get(..byte(head, fix.start.column)?)?,
        fix.replacement,
        tail.get(byte(tail, fix.end.column)?..)?
    );
    (escape::visible(&text) == text).then_some(text)
}
