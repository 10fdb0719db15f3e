//! What a rule means, for a terminal and for `docs/rules.md`.

use std::fmt::Write as _;

use crate::finding::Severity;
use crate::policy::bundled::LIBRARY;
use crate::policy::loaded::Policy;
use crate::policy::metadata::Resource;
use crate::rules::{RULES, Rule};

/// Columns of a terminal that nobody has made wider.
const WIDTH: usize = 80;

/// One rule for a terminal: what is wrong, who says so, why, how to mend it, how to suppress it. Ends with a line end.
#[must_use]
pub fn explain(rule: &Rule) -> String {
    let Rule { id, severity, basis, .. } = rule;
    let mut text = wrapped(&format!("{severity}[{id}] {}", rule.summary));
    let _ = write!(text, "\n{}", wrapped(&format!("Says: {} ({basis}).", rule.by.authority())));
    let _ = write!(text, "\n{}", wrapped(rule.explanation.trim()));
    if !rule.aliases.is_empty() {
        let _ = writeln!(text, "\nFormer ids: {}", rule.aliases.join(", "));
    }
    let _ = write!(
        text,
        "\nSuppress it, above the line or behind it:\n  # portcullis: allow {id} reason=\"...\" until=YYYY-MM-DD\n\
         Change its level or switch it off, in portcullis.yaml:\n  rules: {{ \"{id}\": info }}   # off, info, warning, error\n"
    );
    text
}

/// A bundled policy, as [`explain`] tells a rule.
#[must_use]
pub fn explain_policy(policy: &Policy) -> String {
    let (id, metadata) = (&policy.id, &policy.metadata);
    let severity = metadata.custom.severity.unwrap_or(Severity::Error);
    let mut text = wrapped(&format!("{severity}[{id}] {}", metadata.title));
    let _ = write!(text, "\n{}", wrapped("Says: a policy of this program, where portcullis.yaml names it."));
    let _ = write!(text, "\n{}", wrapped(&joined(metadata.description.trim())));
    if let Some(help) = &metadata.custom.help {
        let _ = write!(text, "\n{}", wrapped(help.trim()));
    }
    for (name, what) in metadata.custom.params.iter().flatten() {
        let described = what.get("description").and_then(serde_json::Value::as_str).unwrap_or_default();
        let default = what.get("default").map(|value| format!(" Default: {value}.")).unwrap_or_default();
        let _ = write!(text, "\n{}", wrapped(&format!("Parameter {name}: {described}{default}")));
    }
    let links = metadata.related_resources.iter().map(Resource::address);
    let links: String = links.flat_map(|link| ["  ", link, "\n"]).collect();
    if !links.is_empty() {
        let _ = write!(text, "\nRead more:\n{links}");
    }
    let _ = write!(
        text,
        "\nUse it, in portcullis.yaml:\n  policies: [{{ use: {id} }}]\n\
         Suppress it, above the line or behind it:\n  # portcullis: allow {id} reason=\"...\" until=YYYY-MM-DD\n"
    );
    text
}

/// Whether `portcullis explain` knows a rule or a policy by this id.
#[must_use]
pub fn is_known(id: &str) -> bool {
    crate::rules::find(id).is_some() || LIBRARY.policies.iter().any(|policy| policy.id == id)
}

/// Paragraphs that fit the width. Code is never broken, so that it can be copied.
fn wrapped(text: &str) -> String {
    let shape = textwrap::Options::new(WIDTH)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    text.lines().fold(String::new(), |mut out, line| {
        out.push_str(&textwrap::fill(line, &shape));
        out.push('\n');
        out
    })
}

/// Paragraphs in one line each: METADATA breaks them where the comment ends. Lists and code keep their lines.
fn joined(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let continues = !out.is_empty() && !out.ends_with('\n') && line.starts_with(char::is_alphanumeric);
        match (continues, line.is_empty()) {
            (true, _) => out.push(' '),
            (false, true) => out.push_str("\n\n"),
            (false, false) if !out.is_empty() && !out.ends_with('\n') => out.push('\n'),
            _ => {}
        }
        out.push_str(line);
    }
    out
}

/// Every rule and every bundled policy, one a line: id, severity, summary.
#[must_use]
pub fn list() -> String {
    let severity = |policy: &Policy| policy.metadata.custom.severity.unwrap_or(Severity::Error);
    let policies =
        LIBRARY.policies.iter().map(|policy| (policy.id.as_str(), severity(policy), policy.metadata.title.as_str()));
    lines(RULES.iter().map(|rule| (rule.id, rule.severity, rule.summary)).chain(policies))
}

/// The content of `docs/rules.md`.
#[must_use]
pub fn page() -> String {
    page_of(RULES)
}

/// The table of rules in README.md.
#[must_use]
pub fn readme_table() -> String {
    table(RULES, "docs/rules.md")
}

fn lines<'a>(rules: impl Iterator<Item = (&'a str, Severity, &'a str)> + Clone) -> String {
    let width = rules.clone().map(|(id, ..)| id.len()).max().unwrap_or(0);
    rules.fold(String::new(), |mut text, (id, severity, summary)| {
        let _ = writeln!(text, "{id:width$}  {:7}  {summary}", severity.to_string());
        text
    })
}

/// [`page`] of some rules.
#[must_use]
pub fn page_of(rules: &[&Rule]) -> String {
    let mut text = format!(
        "# Rules\n\nGenerated from the list in `src/rules`; `portcullis explain RULE` prints the same.\n\n{}",
        table(rules, "")
    );
    for rule in rules {
        let _ = writeln!(text, "\n## {}\n\n{}\n\n{}", rule.id, rule.summary, rule.explanation.trim());
        if !rule.aliases.is_empty() {
            let _ = writeln!(text, "\nFormer ids: `{}`.", rule.aliases.join("`, `"));
        }
    }
    text
}

/// One rule a row, each with a link to its heading on the page.
fn table(rules: &[&Rule], page: &str) -> String {
    let mut text = "| rule | severity | who says so | what is wrong |\n|---|---|---|---|\n".to_owned();
    for rule in rules {
        let Rule { id, severity, by, .. } = rule;
        let summary = rule.summary.replace('|', "\\|");
        let _ = writeln!(text, "| [`{id}`]({page}#{}) | {severity} | {by} | {summary} |", anchor(id));
    }
    text
}

/// The anchor that GitHub gives a heading: lower case, letters, digits, `-` and `_` only.
pub(super) fn anchor(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}
