//! A file → its documents: apimachinery's `YAMLReader`, which looks at lines and knows nothing of YAML.

use memchr::{memchr, memmem};

use crate::source::Span;

/// A stretch of the file between separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its bytes, without the separator line that ends it.
    pub(super) span: Span,
    /// A line in it begins with `---` and goes on with something else than a comment: kubectl stops here.
    pub(super) bad_separator: Option<Span>,
}

/// The pieces of `text` from byte `from` on. A separator line before anything else belongs to its document.
pub(super) fn pieces(text: &str, from: usize) -> impl Iterator<Item = Piece> {
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let start = next?;
        if start >= text.len() {
            return None;
        }
        let mut bad_separator = None;
        let mut line = start;
        let end = loop {
            let Some(separator) = find_separator(text, line) else {
                next = None;
                break text.len();
            };
            let after = text.get(separator.range()).and_then(|line| line.get(3..)).unwrap_or_default().trim();
            line = separator.end as usize;
            if !after.is_empty() && !after.starts_with('#') {
                bad_separator = bad_separator.or(Some(separator));
            } else if separator.start as usize != start {
                next = Some((line + 1).min(text.len()));
                break separator.start as usize;
            }
        };
        Some(Piece { span: Span::new(start, end), bad_separator })
    })
}

/// The first line from `from` on (a line begins there) that starts with `---`, without its line end.
fn find_separator(text: &str, from: usize) -> Option<Span> {
    let rest = text.get(from..)?.as_bytes();
    let at = if rest.starts_with(b"---") { from } else { from + memmem::find(rest, b"\n---")? + 1 };
    let length = memchr(b'\n', text.as_bytes().get(at..)?).unwrap_or(text.len() - at);
    Some(Span::new(at, at + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(&str, Option<&str>)> {
        pieces(text, 0).map(|p| (&text[p.span.range()], p.bad_separator.map(|s| &text[s.range()]))).collect()
    }

    #[test]
    fn only_lines_separate() {
        assert_eq!(split("a\n--- # c\nb\n---"), [("a\n", None), ("b\n", None)]);
        assert_eq!(split("---\na\n---\n---\n"), [("---\na\n", None), ("---\n", None)]);
        assert_eq!(split("a\r\n---\r\nb"), [("a\r\n", None), ("b", None)]);
        assert_eq!(split("a\n ---\n"), [("a\n ---\n", None)]);
        assert_eq!(split(""), []);
    }

    #[test]
    fn a_bad_separator_spoils_its_document_only() {
        assert_eq!(split("a\n---x\nb\n---\nc\n"), [("a\n---x\nb\n", Some("---x")), ("c\n", None)]);
    }
}
