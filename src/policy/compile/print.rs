//! Lowered text: where it stands in a line that was written by the author, it keeps that line.

use std::fmt::Write;

use crate::policy::rego::ast::Loc;

/// Words that regorus does not take as a name behind a dot, or at all.
const WORDS: [&str; 17] = [
    "as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not", "null",
    "package", "set", "some", "true",
];

/// Marks the line of what follows.
const MARK: char = '\u{1}';

/// Whether a text can stand as a name.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(text, "with" | "_")
        && !WORDS.contains(&text)
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Append a part of a path.
pub(super) fn push_part(path: &mut String, part: &str) {
    if is_name(part) {
        path.push('.');
        path.push_str(part);
    } else {
        // Writing to a string does not fail.
        let _ = write!(path, "[{}]", quoted(part));
    }
}

/// A mark that what follows belongs in a line.
pub(super) fn mark(loc: Loc) -> String {
    format!("{MARK}{}{MARK}", loc.line)
}

/// A text without its marks.
pub(super) fn unmarked(marked: &str) -> String {
    marked.split(MARK).step_by(2).collect()
}

/// How long the path of a printed module's package is, as text: one within another is longer.
pub(super) fn package_length(text: &str) -> usize {
    let path = text.strip_prefix("package ").unwrap_or(text);
    let (mut is_text, mut is_escaped) = (false, false);
    let end = path.find(|c: char| {
        if is_escaped {
            is_escaped = false;
        } else if is_text && c == '\\' {
            is_escaped = true;
        } else if c == '"' {
            is_text = !is_text;
        }
        !is_text && c.is_whitespace()
    });
    end.unwrap_or(path.len())
}

/// Lines as they are asked for; what comes too late for its line follows in the same one.
#[derive(Debug, Default)]
pub(super) struct Printer {
    text: String,
    line: u32,
}

impl Printer {
    pub(super) fn new(package: &[std::sync::Arc<str>]) -> Self {
        let mut path = String::new();
        for part in package {
            push_part(&mut path, part);
        }
        let path = path.trim_start_matches('.');
        Self { text: format!("package {path} "), line: 1 }
    }

    /// Append marked text.
    pub(super) fn push(&mut self, marked: &str) {
        for (index, piece) in marked.split(MARK).enumerate() {
            if index % 2 == 0 {
                self.text.push_str(piece);
                continue;
            }
            while piece.parse().is_ok_and(|wanted: u32| self.line < wanted) {
                self.text.push('\n');
                self.line += 1;
            }
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
