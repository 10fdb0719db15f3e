//! The report for a terminal: what is wrong and where, in the order in which a person fixes it; the verdict last, where
//! the eye rests when the run is over.

use std::collections::HashMap;
use std::fmt::Write as _;

use rayon::prelude::*;

use crate::finding::{Effect, Finding, Location, Place, Reason, Severity, Status, Unchecked};
use crate::source::Side;

use super::summary::{self, Standing};
use super::{RenderOptions, Report, Verdict, escape, snippet};

/// How many paths of one reason, and how many fixed findings, are shown unless more is asked for.
const SHORT: usize = 3;

/// How many further places of one finding are shown unless more is asked for.
const PLACES: usize = 5;

/// Fewer findings than these are not worth another thread.
const TOGETHER: usize = 50;

const BOLD: &str = "1";
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "1;34";
const GREEN: &str = "1;32";
const DIM: &str = "2";

pub(super) fn render(report: &Report, options: RenderOptions) -> String {
    let mut page = Page { text: String::new(), options };
    page.overridden(report);
    let is_shown = |finding: &&Finding| match summary::standing(finding) {
        Standing::Open => true,
        Standing::Existing | Standing::Suppressed => options.verbose,
        Standing::Fixed => false,
    };
    let shown: Vec<&Finding> = report.findings.iter().filter(is_shown).collect();
    let drawn: Vec<String> = shown.into_par_iter().with_min_len(TOGETHER).map(|f| Page::finding(f, options)).collect();
    for finding in drawn.iter().filter(|text| !text.is_empty()) {
        page.gap();
        page.text += finding;
    }
    page.fixed(report);
    page.unchecked(report);
    page.notices(report);
    page.not_shown(report);
    page.closing(report);
    page.text
}

struct Page {
    text: String,
    options: RenderOptions,
}

impl Page {
    /// The one way to the output: no trailing space, no line that a CI runner could take for a command, no character
    /// of ours beyond ASCII when that is asked for.
    fn line(&mut self, text: &str) {
        self.text += &escape::log_line(text.trim_end());
        self.text.push('\n');
    }

    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.options.color { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Untrusted text behind a prefix, wrapped, its further lines indented.
    fn prose(&mut self, prefix: &str, indent: usize, text: &str) {
        let width = usize::from(self.options.width).max(40);
        let indent = " ".repeat(indent);
        let shape = textwrap::Options::new(width)
            .initial_indent(prefix)
            .subsequent_indent(&indent)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let text = escape::visible(text);
        for line in textwrap::wrap(text.trim(), shape) {
            self.line(&line);
        }
    }

    /// A labelled line below a finding.
    fn note(&mut self, label: &str, text: &str) {
        let label = format!("  {} ", self.paint(BLUE, &format!("{label:>5}:")));
        self.prose(&label, 9, text);
    }

    fn dash(&self) -> &'static str {
        if self.options.unicode { "–" } else { "-" }
    }

    fn overridden(&mut self, report: &Report) {
        let Some(used) = &report.decision.overridden else { return };
        let until = used.until.as_ref().map_or(String::new(), |until| format!(" until {until}"));
        let covers = summary::counted(used.fingerprints.len(), "finding");
        let prefix = self.paint(YELLOW, "override") + " ";
        self.prose(&prefix, 9, &format!("by {}{until}, covers {covers}: {}", used.actor, used.reason));
        if let Some(evidence) = &used.evidence {
            self.note("see", evidence);
        }
    }

    /// One finding, as a text of its own.
    fn finding(finding: &Finding, options: RenderOptions) -> String {
        let mut page = Self { text: String::new(), options };
        if let Some(place) = summary::main_place(finding) {
            page.body(finding, place);
        }
        page.text
    }

    fn body(&mut self, finding: &Finding, place: &Place) {
        let style = match finding.severity {
            Severity::Error => RED,
            Severity::Warning => YELLOW,
            Severity::Info => BLUE,
        };
        let head = format!("{}[{}]", finding.severity, escape::one_line(finding.rule.as_str()));
        let head = self.paint(style, &head) + " ";
        self.prose(&head, 2, &finding.message);
        if let Some(lines) = snippet::draw(&place.location, self.options) {
            for line in &lines {
                self.line(line);
            }
        } else {
            let arrow = if self.options.unicode { "╰─▶" } else { "-->" };
            self.line(&format!("  {arrow} {}", position(&place.location)));
        }
        self.facts(finding, place);
        self.advice(finding, place);
        self.elsewhere(finding, place);
    }

    /// Whose object it is, and who says that something is wrong with it.
    fn facts(&mut self, finding: &Finding, place: &Place) {
        let mut about = Vec::new();
        if let Some(object) = &finding.object {
            let operation = match finding.operation {
                Some(operation) => format!(" ({})", format!("{operation:?}").to_uppercase()),
                None => String::new(),
            };
            about.push(format!("{object}{operation}"));
        }
        about.extend(whereabouts(place));
        if !about.is_empty() {
            self.note("in", &escape::one_line(&about.join(", ")));
        }
        let says = format!("{} ({})", finding.authority, finding.basis.0);
        self.note("says", &escape::one_line(&says));
        if place.status == Status::Existing {
            let but = if finding.deciding { ", but what it is in cannot be applied" } else { "" };
            self.note("note", &format!("it was there before this change{but}"));
        }
        if let Some(used) = place.suppression.as_ref().filter(|_| summary::standing(finding) == Standing::Suppressed) {
            let owner = used.owner.as_ref().map_or(String::new(), |owner| format!(" by {owner}"));
            let until = used.until.as_ref().map_or(String::new(), |until| format!(" until {until}"));
            self.note("quiet", &format!("suppressed{owner}{until} at {}: {}", used.at, used.reason));
        }
    }

    fn advice(&mut self, finding: &Finding, place: &Place) {
        if let Some(help) = &finding.help {
            self.note("help", help);
        }
        if let Some(fix) = &finding.fix {
            self.note("fix", &fix.title);
            let lines = place.location.snippet.as_ref().and_then(|lines| snippet::diff(fix, lines));
            for line in lines.unwrap_or_default() {
                let style = if line.starts_with('-') { RED } else { GREEN };
                let line = self.paint(style.trim_start_matches("1;"), &line);
                self.line(&format!("         {line}"));
            }
        }
    }

    /// The other places of the same defect, and those that explain it.
    fn elsewhere(&mut self, finding: &Finding, main: &Place) {
        for related in &finding.related {
            self.note("note", &format!("{}: {}", related.message, position(&related.location)));
        }
        for source in &main.location.chain {
            self.note("from", &position(source));
        }
        let others: Vec<_> = finding.places.iter().filter(|place| !std::ptr::eq(*place, main)).collect();
        let shown = if self.options.verbose { others.len() } else { others.len().min(PLACES) };
        for place in others.iter().take(shown) {
            let mut text = position(&place.location);
            let mut more: Vec<String> = whereabouts(place).collect();
            match place.status {
                Status::New => {}
                Status::Existing => more.push("was there before".to_owned()),
                Status::Fixed => more.push("fixed".to_owned()),
            }
            if place.suppression.is_some() {
                more.push("suppressed".to_owned());
            }
            if !more.is_empty() {
                let _ = write!(text, " ({})", more.join(", "));
            }
            self.note("also", &text);
        }
        if others.len() > shown {
            self.note("also", &format!("{} more (-v shows them)", others.len() - shown));
        }
    }

    fn fixed(&mut self, report: &Report) {
        let fixed: Vec<_> = summary::with_standing(report, Standing::Fixed).collect();
        if fixed.is_empty() {
            return;
        }
        self.gap();
        let title = self.paint(GREEN, "fixed") + &format!(": {}", summary::counted(fixed.len(), "finding"));
        self.line(&title);
        for finding in self.short(&fixed) {
            let at = summary::main_place(finding).map_or(String::new(), |place| position(&place.location));
            self.line(&format!("  {at} {}", escape::one_line(finding.rule.as_str())));
        }
        self.more(fixed.len());
    }

    fn unchecked(&mut self, report: &Report) {
        let verbose = self.options.verbose;
        let shown = report.unchecked.iter().filter(|record| verbose || is_open(record));
        for (reason, records) in summary::by_reason(shown) {
            self.gap();
            let deciding = records.iter().any(|record| record.deciding);
            let (style, decides) = if deciding { (RED, " (decides)") } else { (YELLOW, "") };
            let count = summary::grouped(summary::total(records.iter().copied()));
            let title = format!("{}[{reason}] ", self.paint(style, "unchecked"));
            self.prose(&title, 2, &format!("{count}{decides}: {}", reason.explanation().trim()));
            let lines = lines(&records);
            let mut shown = self.short(&lines).iter().peekable();
            while let Some((record, files)) = shown.next() {
                // What several of them have in common is said once.
                let help = record
                    .help
                    .as_ref()
                    .filter(|help| shown.peek().is_none_or(|(next, _)| next.help.as_ref() != Some(help)));
                self.record(record, *files, help);
            }
            self.more(lines.len());
        }
    }

    fn record(&mut self, record: &Unchecked, files: usize, help: Option<&String>) {
        let mut text = record.path.to_string();
        if files > 1 {
            let _ = write!(text, " and {}", summary::counted(files - 1, "other file"));
        } else if let Some(object) = &record.object {
            let _ = write!(text, ", {object}");
        }
        if record.count > 1 {
            let _ = write!(text, " ({} times)", summary::grouped(record.count.into()));
        }
        if !record.detail.is_empty() {
            let _ = write!(text, ": {}", record.detail);
        }
        self.prose("  ", 4, &escape::one_line(&text));
        if let Some(help) = help {
            self.note("help", help);
        }
    }

    fn notices(&mut self, report: &Report) {
        if !report.notices.is_empty() {
            self.gap();
        }
        for notice in &report.notices {
            let label = self.paint(BLUE, "note:") + " ";
            self.prose(&label, 6, &notice.text);
        }
    }

    /// What a person may want to see, and how.
    fn not_shown(&mut self, report: &Report) {
        if self.options.verbose {
            return;
        }
        let count = |standing| summary::with_standing(report, standing).count();
        let unchecked = summary::total(
            report.unchecked.iter().filter(|r| r.effect != Effect::Ignore && r.status == Status::Existing),
        );
        let parts: Vec<String> = [
            (count(Standing::Existing), "existing"),
            (count(Standing::Suppressed), "suppressed"),
            (usize::try_from(unchecked).unwrap_or(usize::MAX), "unchecked before"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", summary::grouped(count as u64)))
        .collect();
        if !parts.is_empty() {
            self.gap();
            let text = self.paint(DIM, &format!("not shown: {} (-v shows them)", parts.join(", ")));
            self.line(&text);
        }
    }

    fn closing(&mut self, report: &Report) {
        self.gap();
        let text = escape::one_line(&summary::closing(report)).replace('–', self.dash());
        let style = match (report.verdict, report.decision.allow) {
            (Verdict::Pass, _) if text.starts_with("pass:") => GREEN,
            (Verdict::Pass, _) | (_, true) => YELLOW,
            (_, false) => RED,
        };
        let text = match text.split_once(": ") {
            Some((verdict, rest)) => format!("{}: {rest}", self.paint(style, verdict)),
            None => self.paint(BOLD, &text),
        };
        self.line(&text);
    }

    fn short<'s, T>(&self, items: &'s [T]) -> &'s [T] {
        if self.options.verbose { items } else { items.get(..SHORT).unwrap_or(items) }
    }

    fn more(&mut self, count: usize) {
        if !self.options.verbose && count > SHORT {
            self.line(&format!("  and {} more", summary::grouped((count - SHORT) as u64)));
        }
    }
}

/// A line for each record; of kinds without a schema, for each kind, with the number of its files.
fn lines<'a>(records: &[&'a Unchecked]) -> Vec<(&'a Unchecked, usize)> {
    let mut lines: Vec<(&Unchecked, usize)> = Vec::new();
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for record in records {
        if record.reason == Reason::NoSchema {
            let at = *kinds.entry(&record.detail).or_insert(lines.len());
            if let Some((_, files)) = lines.get_mut(at) {
                *files += 1;
                continue;
            }
        }
        lines.push((record, 1));
    }
    lines
}

fn is_open(record: &Unchecked) -> bool {
    record.effect != Effect::Ignore && record.status == Status::New
}

/// `path:line:column`, as terminals and editors open it.
fn position(location: &Location) -> String {
    let side = if location.side == Side::Base { " (base)" } else { "" };
    let path = escape::one_line(&location.path.to_string());
    format!("{path}:{}:{}{side}", location.start.line, location.start.column)
}

/// Root, cluster and minors of a place.
fn whereabouts(place: &Place) -> impl Iterator<Item = String> {
    let root = place.root.as_ref().map(|root| format!("root {root}"));
    let cluster = place.cluster.as_ref().map(|cluster| format!("cluster {cluster}"));
    let minors = (!place.minors.is_empty()).then(|| summary::minors_words(&place.minors));
    [root, cluster, minors].into_iter().flatten()
}
