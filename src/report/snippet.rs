//! Source lines with a caret, drawn by miette from the lines that the report carries.

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::finding::{Fix, Location, Snippet};

use super::{RenderOptions, escape};

/// A snippet as miette reads source code: its own text, numbered from the file's line.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    first_line: usize,
    caret: SourceSpan,
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            self.first_line.saturating_sub(1) + inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

impl std::fmt::Display for Excerpt {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Excerpt {}

impl Diagnostic for Excerpt {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, self.caret))))
    }
}

/// The lines around a location, its header `path:line:column` and a caret; nothing when the report has no lines there.
pub(super) fn draw(location: &Location, options: &RenderOptions) -> Option<Vec<String>> {
    let snippet = location.snippet.as_ref()?;
    let row = (location.start.line.checked_sub(snippet.first_line)?) as usize;
    let lines: Vec<String> = snippet.lines.iter().map(|line| escape::visible(line).replace('\n', "\u{FFFD}")).collect();
    let line = lines.get(row)?;
    let line_at: usize = lines.iter().take(row).map(|line| line.len() + 1).sum();
    // A stretch of several lines is marked on its first: that is where a person starts to read.
    let start = byte_of(line, location.start.column);
    let end = if location.end.line > location.start.line { line.len() } else { byte_of(line, location.end.column) };
    let excerpt = Excerpt {
        name: escape::one_line(&location.path.to_string()),
        text: lines.join("\n"),
        first_line: snippet.first_line as usize,
        caret: (line_at + start, end.saturating_sub(start)).into(),
    };
    let theme = GraphicalTheme {
        characters: if options.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if options.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let mut drawn = String::new();
    GraphicalReportHandler::new_themed(theme).with_context_lines(1).render_report(&mut drawn, &excerpt).ok()?;
    // The first line is miette's place for the message, which is printed above the snippet.
    Some(drawn.lines().skip(1).map(str::to_owned).collect())
}

/// The byte of a column (from 1), at most the end of the line.
fn byte_of(line: &str, column: u32) -> usize {
    line.char_indices().nth((column as usize).saturating_sub(1)).map_or(line.len(), |(at, _)| at)
}

/// The lines that a fix removes and those that it writes instead, as `- old` and `+ new`; nothing when the report does
/// not have the lines.
pub(super) fn diff(fix: &Fix, snippet: &Snippet) -> Option<Vec<String>> {
    let first = fix.start.line.checked_sub(snippet.first_line)? as usize;
    let last = fix.end.line.checked_sub(snippet.first_line)? as usize;
    let old = snippet.lines.get(first..=last)?;
    let (head, tail) = (old.first()?, old.last()?);
    let before = head.get(..byte_of(head, fix.start.column))?;
    let after = tail.get(byte_of(tail, fix.end.column)..)?;
    let new = format!("{before}{}{after}", fix.replacement);
    let new: Vec<&str> = new.lines().filter(|line| !line.trim().is_empty()).collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = old.iter().map(|line| indent(line)).chain(new.iter().map(|line| indent(line))).min().unwrap_or(0);
    let show = |mark: &str, line: &str| format!("{mark} {}", escape::one_line(line.get(shared..).unwrap_or(line)));
    Some(old.iter().map(|line| show("-", line)).chain(new.iter().map(|line| show("+", line))).collect())
}
