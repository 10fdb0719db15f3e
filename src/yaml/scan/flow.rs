//! Collections in brackets.

use super::{KEY_BYTES, Scanner};
use crate::source::Span;
use crate::yaml::resolve::Tag;
use crate::yaml::scalar::Written;

impl Scanner<'_> {
    /// The collection whose bracket stands here, and everything in it. The scanner stands behind its end afterwards.
    pub(super) fn flow(&mut self) -> Option<()> {
        // How many collections are open; what they are, the builder knows.
        let mut levels = 0_u32;
        loop {
            // A value, a key, or the end of a collection that just began or has a comma at its end.
            let is_done = match self.byte(self.at)? {
                b'[' | b'{' if self.build.wants_key() && levels > 0 => return None,
                bracket @ (b'[' | b'{') => {
                    self.begin(bracket == b'{', Span::new(self.at, self.at + 1))?;
                    self.at += 1;
                    levels += 1;
                    false
                }
                b']' | b'}' => {
                    self.end_flow()?;
                    levels -= 1;
                    true
                }
                _ if self.build.wants_key() => {
                    self.flow_key()?;
                    false
                }
                _ => {
                    self.flow_scalar(|scanner, written| scanner.build.value(written).ok().map(|_| ()))?;
                    true
                }
            };
            if is_done && self.next_item(&mut levels)? {
                return Some(());
            }
            self.flow_blanks()?;
        }
    }

    /// Behind a value: its comma, or the ends of collections up to one with a comma behind it. Whether all ended.
    fn next_item(&mut self, levels: &mut u32) -> Option<bool> {
        while *levels > 0 {
            self.flow_blanks()?;
            match self.byte(self.at)? {
                b',' => {
                    self.at += 1;
                    return Some(false);
                }
                b']' | b'}' => {
                    self.end_flow()?;
                    *levels -= 1;
                }
                _ => return None,
            }
        }
        Some(true)
    }

    /// The closing bracket here ends the innermost collection, if it is its own and no value is awaited.
    fn end_flow(&mut self) -> Option<()> {
        let is_mapping = self.build.in_mapping();
        let bracket = if is_mapping { b'}' } else { b']' };
        if self.byte(self.at) != Some(bracket) || is_mapping && !self.build.wants_key() {
            return None;
        }
        self.at += 1;
        self.end(self.at)?;
        self.child(self.at);
        Some(())
    }

    /// A key and its colon, on one line.
    fn flow_key(&mut self) -> Option<()> {
        let start = self.at;
        let one_line = self.flow_scalar(Self::key)?;
        while self.byte(self.at) == Some(b' ') {
            self.at += 1;
        }
        // Behind a quote the colon needs no blank, behind a word it was not the colon without one.
        if !one_line || self.byte(self.at) != Some(b':') || self.at - start > KEY_BYTES {
            return None;
        }
        self.at += 1;
        self.flow_blanks()?;
        // No value: libyaml puts a null somewhere.
        (!matches!(self.byte(self.at)?, b',' | b']' | b'}')).then_some(())
    }

    /// A scalar, handed to `take`; whether it stands on one line.
    fn flow_scalar(&mut self, take: impl FnOnce(&mut Self, &Written<'_>) -> Option<()>) -> Option<bool> {
        let start = self.at;
        if matches!(self.byte(start)?, b'"' | b'\'') {
            let quoted = self.quoted()?;
            take(self, &quoted.written())?;
            return Some(quoted.one_line);
        }
        if !self.begins_plain() || matches!(self.byte(start)?, b'?' | b':') {
            return None;
        }
        let end = self.flow_words()?;
        let value = self.text.get(start..end)?;
        take(self, &Written { value, tag: Tag::None, plain: true, at: Span::new(start, end), end })?;
        Some(true)
    }

    /// The words of a plain scalar on this line: where the last one ends. What the next line says shows whether it goes
    /// on there, which is not read here.
    fn flow_words(&mut self) -> Option<usize> {
        let start = self.at;
        let mut end = start;
        loop {
            match self.byte(self.at)? {
                b' ' | b'\t' => {
                    self.at += 1;
                    continue;
                }
                b'\n' | b'\r' | b',' | b'[' | b']' | b'{' | b'}' => break,
                b':' if self.is_gap(self.at + 1) => break,
                // libyaml refuses the one, go-yaml ends the scalar at the other.
                b':' if matches!(self.byte(self.at + 1), Some(b',' | b'?' | b'[' | b']' | b'{' | b'}')) => return None,
                b'?' => return None,
                b'#' if end < self.at => break,
                _ => {}
            }
            self.at += 1;
            end = self.at;
        }
        (end > start).then_some(end)
    }

    /// Blanks, line ends and comments.
    fn flow_blanks(&mut self) -> Option<()> {
        let mut begins_line = false;
        loop {
            match self.byte(self.at)? {
                // libyaml refuses some tabs behind a plain scalar.
                b'\t' if begins_line => return None,
                b' ' | b'\t' => self.at += 1,
                b'\n' | b'\r' => {
                    begins_line = true;
                    self.at = self.behind_break(self.at);
                    if matches!(self.byte(self.at), Some(b'-' | b'.' | b'%')) {
                        return None;
                    }
                }
                b'#' if matches!(self.byte(self.at - 1), Some(b' ' | b'\t' | b'\n')) => {
                    self.at += memchr::memchr(b'\n', self.bytes.get(self.at..)?)?;
                }
                b'#' => return None,
                _ => return Some(()),
            }
        }
    }
}
