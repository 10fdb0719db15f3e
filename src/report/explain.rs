//! What a rule means, for a terminal and for `docs/rules.md`.

use std::fmt::Write as _;

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

/// Every rule, one a line: id, severity, summary.
#[must_use]
pub fn list() -> String {
    list_of(RULES)
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

/// [`list`] of some rules.
#[must_use]
pub fn list_of(rules: &[&Rule]) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    rules.iter().fold(String::new(), |mut text, rule| {
        let _ = writeln!(text, "{:width$}  {:7}  {}", rule.id, rule.severity.to_string(), rule.summary);
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
fn anchor(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}
