//! The plain part of YAML, text → arena without events: what nearly all manifests are written in.
//!
//! It reads block mappings and sequences, scalars of every style, collections in brackets, comments and a `---` at the
//! start. Where it meets anything else (anchors, tags, directives, `?` keys, tabs in the indentation, control
//! characters) or anything that libyaml may refuse, it gives up, and libyaml reads the document from its start: errors
//! and corner cases are libyaml's. What it does read gives the same [`Document`](super::Document) to the last span;
//! `tests` compares the two readers.
//!
//! `None` is the answer for giving up everywhere here. Nothing recurses, and no byte is looked at more than a few times.

mod block;
mod clean;
mod flow;
mod literal;
mod plain;
mod quoted;
#[cfg(test)]
mod tests;

use super::Dialect;
use super::build::Builder;
use super::limits;
use super::resolve::Tag;
use super::scalar::Written;
use crate::source::Span;

/// libyaml finds no `:` behind a key of more than 1024 bytes.
const KEY_BYTES: usize = 1_000;

/// Read the document in `span` into an empty builder; nothing if libyaml has to.
pub(super) fn scan<'t>(text: &'t str, span: Span, build: Builder<'t>) -> Option<Builder<'t>> {
    let text = text.get(..span.end as usize)?;
    let start = span.start as usize;
    if !clean::is_clean(text.as_bytes(), start) {
        return None;
    }
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: start,
        build,
        open: Vec::with_capacity(16),
        pending: None,
        begun: false,
    };
    scanner.document()?;
    Some(scanner.build)
}

/// What an open block collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Mapping,
    Sequence,
    /// A sequence that is the value of a key in its own column; it lies on that key's mapping.
    Indentless,
}

/// An open block collection, beside the builder's frame of it.
#[derive(Clone, Copy, Debug)]
struct Open {
    form: Form,
    /// Its column.
    indent: usize,
    /// Where its last child ends.
    end: usize,
}

struct Scanner<'t> {
    /// The source up to the document's end; offsets are the source's.
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    build: Builder<'t>,
    open: Vec<Open>,
    /// The last key or dash has no value on its line: where its `:` or `-` ends. It is the innermost collection's.
    pending: Option<usize>,
    /// The root has begun.
    begun: bool,
}

impl Scanner<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// A blank, a line end or the end of the text: what has to follow `:` and `-`.
    fn is_gap(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n' | b'\r' | b'\t'))
    }

    /// The line at `at` begins with what separates documents.
    fn is_marker(&self, at: usize) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(b"---") || rest.starts_with(b"..."))
    }

    fn skip_spaces(&mut self) {
        while self.byte(self.at) == Some(b' ') {
            self.at += 1;
        }
    }

    /// Behind the line end at `at`: `\n`, or `\r`, which `\n` always follows in a clean text.
    fn behind_break(&self, at: usize) -> usize {
        at + if self.byte(at) == Some(b'\r') { 2 } else { 1 }
    }

    /// The end of the line, its line end included.
    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at = memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |length| self.at + length + 1);
    }

    /// Blanks, a comment and the line end, or nothing at all: whether the line ends here. It is skipped then.
    fn ends_line(&mut self) -> Option<bool> {
        let start = self.at;
        self.skip_spaces();
        match self.byte(self.at) {
            None => {}
            Some(b'\n' | b'\r') => self.at = self.behind_break(self.at),
            Some(b'#') if self.at > start => self.skip_line(),
            // libyaml skips some tabs and refuses others.
            Some(b'\t' | b'#') => return None,
            Some(_) => return Some(false),
        }
        Some(true)
    }

    /// Nothing else may stand on the line of a value.
    fn end_line(&mut self) -> Option<()> {
        self.ends_line()?.then_some(())
    }

    /// To the next line with content: its column. The outer nothing is giving up, the inner one the end.
    #[expect(clippy::option_option, reason = "giving up is not the end")]
    fn next_line(&mut self) -> Option<Option<usize>> {
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.byte(self.at) {
                None => return Some(None),
                Some(b'\n' | b'\r') => self.at = self.behind_break(self.at),
                Some(b'#') => self.skip_line(),
                Some(b'\t') => return None,
                Some(_) => return Some(Some(self.at - start)),
            }
        }
    }

    fn document(&mut self) -> Option<()> {
        let mut marked = false;
        while let Some(column) = self.next_line()? {
            if column == 0 && (self.is_marker(self.at) || self.byte(self.at) == Some(b'%')) {
                let is_start = self.byte(self.at) == Some(b'-') && self.is_gap(self.at + 3);
                if marked || self.begun || !is_start {
                    return None;
                }
                marked = true;
                self.at += 3;
                self.end_line()?;
                continue;
            }
            self.line(column)?;
        }
        self.fill()?;
        while !self.open.is_empty() {
            self.close()?;
        }
        Some(())
    }

    /// The column of the innermost block collection.
    fn indent(&self) -> Option<usize> {
        self.open.last().map(|open| open.indent)
    }

    fn begin(&mut self, is_mapping: bool, span: Span) -> Option<()> {
        if self.build.depth() >= limits::DEPTH {
            return None;
        }
        self.build.open(is_mapping, span);
        Some(())
    }

    fn begin_block(&mut self, form: Form, indent: usize, span: Span) -> Option<()> {
        self.begin(form == Form::Mapping, span)?;
        self.open.push(Open { form, indent, end: span.end as usize });
        Some(())
    }

    /// End the innermost collection of the builder at a byte.
    fn end(&mut self, end: usize) -> Option<()> {
        let known = self.build.duplicates.len();
        self.build.close(Span::new(end, end).end).ok()?;
        let refused = self.build.dialect == Dialect::Kustomize && self.build.duplicates.len() > known;
        (!refused).then_some(())
    }

    /// End the innermost block collection: with its last child.
    fn close(&mut self) -> Option<()> {
        let open = self.open.pop()?;
        self.end(open.end)?;
        self.child(open.end);
        Some(())
    }

    /// A child of the innermost block collection ended.
    fn child(&mut self, end: usize) {
        if let Some(open) = self.open.last_mut() {
            open.end = end;
        }
    }

    /// The value that did not come is null.
    fn fill(&mut self) -> Option<()> {
        let Some(end) = self.pending.take() else { return Some(()) };
        self.value(&Written { value: "", tag: Tag::None, plain: true, at: Span::new(end, end), end })
    }

    fn value(&mut self, written: &Written<'_>) -> Option<()> {
        self.build.value(written).ok()?;
        self.child(written.at.end as usize);
        Some(())
    }

    fn key(&mut self, written: &Written<'_>) -> Option<()> {
        if written.plain && written.value == "<<" {
            return None;
        }
        let scalar = self.build.read_key(written).ok()?;
        self.build.add_key(written, scalar).ok()
    }
}
