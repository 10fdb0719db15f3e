//! Markdown for a comment on a pull request: the verdict, a table of what is wrong, the rest folded away.
//!
//! All text that is not ours stands in code spans, where nothing of it is live, or is dropped. A comment is bounded;
//! what does not fit is left out by whole rows, and counted.

use std::fmt::Write as _;

use crate::finding::{Effect, Finding, Severity, Status, Unchecked};
use crate::source::Side;

use super::summary::{self, Standing};
use super::{Report, Verdict, escape, link};

/// Bytes of a comment. GitHub refuses a body of more than 65,536 code points.
pub(crate) const MAX_BYTES: usize = 60_000;
/// Kept free for what follows a table: the ends of sections, counts of what was left out, the closing lines.
const RESERVE: usize = 6_000;
/// Characters of one quoted text.
const MAX_TEXT: usize = 400;
/// Notices shown.
const MAX_NOTICES: usize = 5;

/// The page, of at most `limit` bytes.
pub(crate) fn render(report: &Report, limit: usize) -> String {
    let mut page = String::new();
    head(&mut page, report);
    let open: Vec<&Finding> = summary::with_standing(report, Standing::Open).collect();
    if !open.is_empty() {
        let rows = open.iter().map(|finding| row(report, finding));
        push_rows(&mut page, limit, "\n| | where | what |\n|---|---|---|\n", rows, "finding");
    }
    for (standing, title) in
        [(Standing::Existing, "existing"), (Standing::Fixed, "fixed"), (Standing::Suppressed, "suppressed")]
    {
        let rows: Vec<String> = summary::with_standing(report, standing).map(|f| item(f, standing)).collect();
        folded(&mut page, limit, false, &format!("{} {title}", rows.len()), rows.into_iter(), "finding");
    }
    for (reason, records) in summary::by_reason(summary::open_unchecked(report)) {
        let deciding = records.iter().any(|record| record.deciding);
        let title = format!(
            "{}{}",
            summary::reason_words(reason, summary::total(records.iter().copied())),
            if deciding { " (decides)" } else { "" },
        );
        folded(&mut page, limit, deciding, &title, records.into_iter().map(unchecked), "record");
    }
    let before = report.unchecked.iter().filter(|r| r.effect != Effect::Ignore && r.status == Status::Existing);
    let before = summary::total(before);
    if before > 0 {
        let _ = writeln!(page, "\n{} more were not judged before this change either.", summary::grouped(before));
    }
    if !report.compared.reproduce.is_empty() {
        let _ = writeln!(page, "\nThe same on your machine: {}", quote(&report.compared.reproduce));
    }
    let policies = match report.ruleset.policies_in_use {
        0 => String::new(),
        1 => "; 1 policy".to_owned(),
        count => format!("; {} policies", summary::grouped(count.into())),
    };
    let _ = writeln!(page, "\nJudged: {}{policies}", summary::scope_words(report));
    page
}

fn head(page: &mut String, report: &Report) {
    let mark = match (report.exit_code(), report.verdict) {
        (0, Verdict::Pass) => "✅",
        (0, _) => "⚠️",
        (_, Verdict::Indeterminate) => "❔",
        (_, _) => "❌",
    };
    let verdict = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Indeterminate => "indeterminate",
    };
    let allowed = if report.decision.allow && report.verdict != Verdict::Pass { ", but allowed" } else { "" };
    let _ = writeln!(page, "### {mark} portcullis: {verdict}{allowed}");
    if let Some(used) = &report.decision.overridden {
        let until = used.until.as_ref().map_or(String::new(), |until| format!(" until {}", quote(until)));
        let evidence = used.evidence.as_ref().map_or(String::new(), |evidence| format!(", see {}", quote(evidence)));
        let covers = summary::counted(used.fingerprints.len(), "finding");
        let (actor, reason) = (quote(&used.actor), quote(&used.reason));
        let _ = writeln!(page, "\n**Override** by {actor}{until} (covers {covers}): {reason}{evidence}");
    } else if !allowed.is_empty() {
        let _ = writeln!(page, "\nAllowed because of {}.", quote(&report.decision.because));
    }
    let mut lines: Vec<String> = Vec::new();
    let severities = summary::severity_words(report);
    if !severities.is_empty() {
        lines.push(format!("{severities}."));
    }
    let not_judged = summary::total(summary::open_unchecked(report));
    if not_judged > 0 {
        lines.push(format!("{} not judged.", summary::grouped(not_judged)));
    }
    if !lines.is_empty() {
        let _ = writeln!(page, "\n{}", lines.join(" "));
    }
    for notice in report.notices.iter().take(MAX_NOTICES) {
        let _ = writeln!(page, "\n> {}", quote(&notice.text));
    }
}

/// Rows below a heading for as long as they fit, then how many were left out.
fn push_rows(page: &mut String, limit: usize, heading: &str, rows: impl ExactSizeIterator<Item = String>, noun: &str) {
    page.push_str(heading);
    let total = rows.len();
    let mut shown = 0;
    for row in rows {
        if page.len() + row.len() > limit.saturating_sub(RESERVE) {
            break;
        }
        page.push_str(&row);
        shown += 1;
    }
    if shown < total {
        let _ =
            writeln!(page, "\n**{} left out**: the comment would be too long.", summary::counted(total - shown, noun));
    }
}

fn folded(
    page: &mut String,
    limit: usize,
    open: bool,
    title: &str,
    rows: impl ExactSizeIterator<Item = String>,
    noun: &str,
) {
    if rows.len() > 0 {
        let open = if open { " open" } else { "" };
        push_rows(page, limit, &format!("\n<details{open}><summary>{title}</summary>\n\n"), rows, noun);
        page.push_str("\n</details>\n");
    }
}

fn quote(text: &str) -> String {
    escape::markdown_code(&escape::cut(text, MAX_TEXT))
}

fn cell(text: &str) -> String {
    escape::markdown_cell(&escape::cut(text, MAX_TEXT))
}

/// `path:line`, and the side if it is the base.
fn position(finding: &Finding) -> (String, &'static str) {
    match summary::main_place(finding).map(|place| &place.location) {
        Some(at) => (format!("{}:{}", at.path, at.start.line), if at.side == Side::Base { " (base)" } else { "" }),
        None => (String::new(), ""),
    }
}

fn row(report: &Report, finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Error => "🟥",
        Severity::Warning => "🟨",
        Severity::Info => "🟦",
    };
    let (at, side) = position(finding);
    let object = finding.object.as_ref().map_or(String::new(), |object| format!("<br>{}", cell(&object.to_string())));
    let others = summary::live(finding).count().saturating_sub(1);
    let others =
        if others > 0 { format!("<br>and {}", summary::counted(others, "other place")) } else { String::new() };
    let existing = match summary::main_place(finding).map(|place| place.status) {
        Some(Status::Existing) => "<br>was there before, but this change cannot be applied with it",
        _ => "",
    };
    let covered = report.decision.overridden.as_ref();
    let covered = covered.is_some_and(|used| used.fingerprints.contains(&finding.fingerprint.0));
    let overridden = if covered { "<br>overridden" } else { "" };
    let help = finding.help.as_ref().map_or(String::new(), |help| format!("<br>help: {}", cell(help)));
    let says = format!("{} ({})", finding.authority, finding.basis.0);
    let rule = cell(finding.rule.as_str());
    let rule = link::of_rule(report, &finding.rule).map_or(rule.clone(), |address| format!("[{rule}]({address})"));
    format!(
        "| {mark} | {}{side}{object}{others} | **{rule}** {}{existing}{overridden}<br>{}{help} |\n",
        cell(&at),
        cell(&finding.message),
        cell(&says),
    )
}

fn item(finding: &Finding, standing: Standing) -> String {
    let (at, side) = position(finding);
    let mut text = format!("- {}{side} {}", quote(&at), quote(finding.rule.as_str()));
    if standing != Standing::Fixed {
        let _ = write!(text, " {}", quote(&finding.message));
    }
    if let Some(used) = finding.places.iter().find_map(|place| place.suppression.as_ref())
        && standing == Standing::Suppressed
    {
        let owner = used.owner.as_ref().map_or(String::new(), |owner| format!(" by {}", quote(owner)));
        let until = used.until.as_ref().map_or(String::new(), |until| format!(" until {}", quote(until)));
        let _ = write!(text, " suppressed{owner}{until}: {}", quote(&used.reason));
    }
    text.push('\n');
    text
}

fn unchecked(record: &Unchecked) -> String {
    let mut text = format!("- {}", quote(&record.path.to_string()));
    let object = record.object.as_ref().map(ToString::to_string);
    for more in [object.as_deref(), Some(record.detail.as_str())].into_iter().flatten().filter(|more| !more.is_empty())
    {
        let _ = write!(text, " {}", quote(more));
    }
    if record.count > 1 {
        let _ = write!(text, " ({} times)", summary::grouped(record.count.into()));
    }
    text.push('\n');
    text
}
