//! What a rule means, for a terminal and for `docs/rules.md`.

use std::fmt::Write as _;

use crate::rules::{RULES, Rule};

/// One rule for a terminal: what is wrong, why, how to mend it, how to suppress it. Ends with a line end.
#[must_use]
pub fn explain(rule: &Rule) -> String {
    let mut text = format!("{}  {}, {}\n\n{}\n\n", rule.id, rule.severity, rule.by, rule.summary);
    let _ = writeln!(text, "{}", rule.explanation.trim());
    if !rule.aliases.is_empty() {
        let _ = writeln!(text, "\nFormer ids: {}", rule.aliases.join(", "));
    }
    let _ = writeln!(text, "\nTo suppress it at one place:  # portcullis: allow {} reason=\"…\"", rule.id);
    text
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
    let mut text = String::from(
        "# Rules\n\nGenerated from the list in `src/rules`; `portcullis explain RULE` prints the same.\n\n\
         | rule | severity | who says so | what is wrong |\n|---|---|---|---|\n",
    );
    for rule in rules {
        let _ = writeln!(
            text,
            "| [`{}`](#{}) | {} | {} | {} |",
            rule.id,
            anchor(rule.id),
            rule.severity,
            rule.by,
            rule.summary.replace('|', "\\|")
        );
    }
    for rule in rules {
        let _ = writeln!(text, "\n## {}\n\n{}\n\n{}", rule.id, rule.summary, rule.explanation.trim());
        if !rule.aliases.is_empty() {
            let _ = writeln!(text, "\nFormer ids: `{}`.", rule.aliases.join("`, `"));
        }
    }
    text
}

/// The anchor that GitHub gives a heading: lower case, letters, digits, `-` and `_` only.
fn anchor(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}
