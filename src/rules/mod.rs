//! The list of rules: one table feeds `explain`, SARIF, the docs and the README.

use crate::finding::Severity;

/// What is known of a rule without running it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable id: group, slash, the bad pattern.
    pub id: &'static str,
    /// Former ids that still mean it.
    pub aliases: &'static [&'static str],
    /// Severity unless the config says otherwise.
    pub severity: Severity,
    /// Who says so: `server`, `server-warning`, `client`, `gate` or `advice`.
    pub authority: &'static str,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// Markdown: why it is wrong, an example, how to mend it.
    pub explanation: &'static str,
}

/// Every rule, sorted by id.
pub const RULES: &[&Rule] = &[];

/// The rule of an id or of one of its aliases.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id || rule.aliases.contains(&id))
}
