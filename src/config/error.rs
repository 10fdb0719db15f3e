//! Mistakes in a file of settings, each with its place.

use std::fmt;

use crate::source::{Position, Source};

use super::read::{Part, locate};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// JSON pointer to the key or value; empty for the whole file.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// First position.
    pub position: Position,
    /// One past the last position, on the same line.
    pub end: Position,
    /// The line's text, without control characters, cut when very long.
    pub line: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        writeln!(f, "{}:{line}:{column}: {}", self.path, self.message)?;
        let number = line.to_string();
        let before = column.saturating_sub(1) as usize;
        // A caret far behind the cut line would point at nothing.
        if before <= self.line.chars().count() {
            writeln!(f, "  {number} | {}", self.line)?;
            let carets = self.end.column.saturating_sub(column).max(1) as usize;
            writeln!(f, "  {:gap$} | {:before$}{}", "", "", "^".repeat(carets), gap = number.len())?;
        }
        match &self.help {
            Some(help) => writeln!(f, "  help: {help}"),
            None => Ok(()),
        }
    }
}

/// Every mistake of a file, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    /// At least one.
    pub errors: Vec<ConfigError>,
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.errors.iter().try_for_each(|error| error.fmt(f))
    }
}

/// Longest part of a line that an error carries, in characters; the settings that people write fit.
const LINE_LIMIT: usize = 200;

/// Most mistakes that are told of one file; who has more mends these first.
const ERROR_LIMIT: usize = 50;

/// Collects the mistakes of one file.
pub(super) struct Collector<'a> {
    source: &'a Source,
    errors: Vec<ConfigError>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, errors: Vec::new() }
    }

    /// A mistake in the value at a pointer, or in its key.
    pub(super) fn at(&mut self, pointer: &str, part: Part, message: impl Into<String>, help: Option<String>) {
        if self.errors.len() >= ERROR_LIMIT {
            return;
        }
        let span = locate(&self.source.text, pointer, part).unwrap_or_default();
        self.errors.push(error(self.source, pointer, self.source.position(span.start), message.into(), help));
    }

    /// The value at a pointer is wrong.
    pub(super) fn value(&mut self, pointer: &str, message: impl Into<String>, help: impl Into<String>) {
        self.at(pointer, Part::Value, message, Some(help.into()));
    }

    /// Pointers of what is wrong so far.
    pub(super) fn pointers(&self) -> impl Iterator<Item = &str> {
        self.errors.iter().map(|error| error.pointer.as_str())
    }

    pub(super) fn finish(mut self) -> Result<(), ConfigErrors> {
        if self.errors.is_empty() {
            return Ok(());
        }
        self.errors.sort_by_key(|error| error.position);
        Err(ConfigErrors { errors: self.errors })
    }
}

/// An error in the value at a JSON pointer.
pub(super) fn at(source: Option<&Source>, pointer: &str, message: String, help: &str) -> ConfigError {
    let none = Source::new(super::FILE_NAME.into(), crate::source::Side::Base, String::new(), true);
    let source = source.unwrap_or(&none);
    let span = locate(&source.text, pointer, Part::Value).unwrap_or_default();
    error(source, pointer, source.position(span.start), message, Some(help.to_owned()))
}

/// An error at a position; it ends with the token that starts there.
pub(super) fn error(
    source: &Source,
    pointer: &str,
    position: Position,
    message: String,
    help: Option<String>,
) -> ConfigError {
    let text = source.line(position.line).unwrap_or_default();
    let rest: String = text.chars().skip(position.column.saturating_sub(1) as usize).collect();
    let width = u32::try_from(token_width(&rest)).unwrap_or(1);
    let line = text.chars().take(LINE_LIMIT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    ConfigError {
        path: source.path.to_string(),
        pointer: pointer.to_owned(),
        message,
        help,
        position,
        end: Position { line: position.line, column: position.column + width },
        line,
    }
}

/// Characters of the YAML token at the start of a line's rest; for eyes only, so brackets are not matched.
fn token_width(rest: &str) -> usize {
    let Some(first) = rest.chars().next() else { return 1 };
    let quoted = |quote: char| rest.chars().skip(1).position(|c| c == quote).map(|at| at + 2);
    let width = match first {
        '"' | '\'' => quoted(first),
        '{' | '[' => Some(1),
        _ => None,
    };
    width.unwrap_or_else(|| {
        let end = [": ", ", ", " #", "}", "]"].iter().filter_map(|stop| rest.find(stop)).min().unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest).trim_end().trim_end_matches(':').chars().count().clamp(1, LINE_LIMIT)
    })
}

/// The candidate that a misspelt word most likely meant.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(longer) = candidates.iter().find(|candidate| word.len() >= 3 && candidate.starts_with(word)) {
        return Some(longer);
    }
    // Two letters that changed places are one mistake.
    let word: String = word.chars().take(64).flat_map(char::to_lowercase).collect();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= (candidate.len() / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}
