//! Plain scalars of blocks: words up to `: `, ` #` or the line's end, and on through lines that are indented more.

use super::Scanner;
use crate::source::Span;
use crate::yaml::resolve::Tag;
use crate::yaml::scalar::Written;

/// What ends the words of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A colon with a blank behind it.
    Colon,
    /// A comment.
    Comment,
    /// The line, or the text.
    Line,
}

impl Scanner<'_> {
    /// The byte here may begin a plain scalar. A dash with a gap behind it does not.
    pub(super) fn begins_plain(&self) -> bool {
        match self.byte(self.at) {
            Some(
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|'
                | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`',
            )
            | None => false,
            Some(b'-' | b'?' | b':') => !self.is_gap(self.at + 1),
            Some(_) => true,
        }
    }

    /// The words from `start` to the end of the line: where the last one ends, and what stops them. The scanner stands
    /// at the stop afterwards.
    pub(super) fn plain_line(&mut self, start: usize) -> (usize, Stop) {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let mut end = 0;
        let mut found = (rest.len(), Stop::Line);
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b' ' | b'\t' => continue,
                b'\n' | b'\r' => {
                    found = (at, Stop::Line);
                    break;
                }
                b':' if self.is_gap(start + at + 1) => {
                    found = (at, Stop::Colon);
                    break;
                }
                // Blanks stand before it: the last word ended earlier.
                b'#' if end < at => {
                    found = (at, Stop::Comment);
                    break;
                }
                _ => {}
            }
            end = at + 1;
        }
        self.at = start + found.0;
        (start + end, found.1)
    }

    /// The value that begins before the scanner, whose first line ends at `end`.
    pub(super) fn plain_value(&mut self, start: usize, end: usize, stop: Stop) -> Option<()> {
        let first = self.text.get(start..end)?;
        let mut folded = String::new();
        let mut last = end;
        if stop == Stop::Comment {
            self.skip_line();
        } else if self.byte(self.at).is_some() {
            self.at = self.behind_break(self.at);
            while let Some(breaks) = self.continues()? {
                if folded.is_empty() {
                    folded.push_str(first);
                }
                fold(&mut folded, breaks);
                let start = self.at;
                let (end, stop) = self.plain_line(start);
                folded.push_str(self.text.get(start..end)?);
                last = end;
                match stop {
                    Stop::Colon => return None,
                    Stop::Comment => {
                        self.skip_line();
                        break;
                    }
                    Stop::Line if self.byte(self.at).is_none() => break,
                    Stop::Line => self.at = self.behind_break(self.at),
                }
            }
        }
        let value = if folded.is_empty() { first } else { &folded };
        self.value(&Written { value, tag: Tag::None, plain: true, at: Span::new(start, last), end: last })
    }

    /// Behind the line end of a plain scalar: how many line ends there are up to the line that goes on with it, or
    /// nothing if none does. The scanner stands at the next words, or at the beginning of a line.
    #[expect(clippy::option_option, reason = "giving up is not the scalar's end")]
    fn continues(&mut self) -> Option<Option<usize>> {
        let least = self.indent().map_or(0, |indent| indent + 1);
        let mut breaks = 1;
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.byte(self.at) {
                Some(b'\n' | b'\r') => {
                    self.at = self.behind_break(self.at);
                    breaks += 1;
                }
                Some(b'\t') => return None,
                Some(byte) if byte != b'#' && self.at - start >= least => return Some(Some(breaks)),
                _ => {
                    self.at = start;
                    return Some(None);
                }
            }
        }
    }
}

/// What line ends between two words become: one is a blank, of more the first counts for nothing.
pub(super) fn fold(text: &mut String, breaks: usize) {
    if breaks == 1 {
        text.push(' ');
    } else {
        text.extend(std::iter::repeat_n('\n', breaks - 1));
    }
}
