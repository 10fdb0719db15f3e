//! Block scalars, `|` and `>`.

use super::Scanner;
use crate::source::Span;
use crate::yaml::resolve::Tag;
use crate::yaml::scalar::Written;

/// What becomes of the line ends at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Clip,
    Strip,
    Keep,
}

impl Scanner<'_> {
    /// The value whose `|` or `>` stands here.
    pub(super) fn literal(&mut self) -> Option<()> {
        let start = self.at;
        // A scalar as the root is no manifest.
        let parent = self.indent()?;
        let is_folded = self.byte(start) == Some(b'>');
        let (chomp, increment) = self.header()?;
        let indent = match increment {
            Some(increment) => parent + increment,
            None => self.detect_indent(parent + 1)?,
        };
        let mut value = String::new();
        // A line end behind a line that is not in the value yet, and empty lines behind that.
        let (mut broken, mut empty) = (false, 0);
        let mut was_indented = false;
        loop {
            let line = self.at;
            let content = line + self.spaces(line, indent);
            match self.byte(content) {
                Some(b'\n' | b'\r') => {
                    empty += 1;
                    self.at = self.behind_break(content);
                    continue;
                }
                // Blanks on a last line without a line end: a splitter adds it, another reader does not.
                None if content > line => return None,
                Some(b'\t') if content - line < indent => return None,
                Some(_) if content - line == indent => {}
                _ => break,
            }
            let is_indented = matches!(self.byte(content), Some(b' ' | b'\t'));
            if broken && is_folded && !was_indented && !is_indented {
                if empty == 0 {
                    value.push(' ');
                }
            } else if broken {
                value.push('\n');
            }
            value.extend(std::iter::repeat_n('\n', empty));
            (broken, empty, was_indented) = (true, 0, is_indented);
            let length = memchr::memchr(b'\n', self.bytes.get(content..)?)?;
            let text = self.text.get(content..content + length)?;
            value.push_str(text.strip_suffix('\r').unwrap_or(text));
            self.at = content + length + 1;
        }
        if broken && chomp != Chomp::Strip {
            value.push('\n');
        }
        if chomp == Chomp::Keep {
            value.extend(std::iter::repeat_n('\n', empty));
        }
        let raw = self.text.get(start..self.at)?;
        let end = start + raw.trim_end_matches([' ', '\t', '\r', '\n']).len();
        self.value(&Written { value: &value, tag: Tag::None, plain: false, at: Span::new(start, end), end })
    }

    /// The rest of the first line: what it says of the end and of the indentation.
    fn header(&mut self) -> Option<(Chomp, Option<usize>)> {
        let (mut chomp, mut increment) = (None, None);
        for _ in 0..2 {
            self.at += 1;
            match self.byte(self.at)? {
                b'+' if chomp.is_none() => chomp = Some(Chomp::Keep),
                b'-' if chomp.is_none() => chomp = Some(Chomp::Strip),
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(usize::from(digit - b'0')),
                _ => {
                    self.at -= 1;
                    break;
                }
            }
        }
        self.at += 1;
        self.end_line()?;
        // Without a line end there is a difference between what a splitter gives and the rest.
        (self.byte(self.at - 1) == Some(b'\n')).then_some((chomp.unwrap_or(Chomp::Clip), increment))
    }

    /// The indentation of the first line with content, or a longer one before it.
    fn detect_indent(&self, least: usize) -> Option<usize> {
        let mut widest = least;
        let mut line = self.at;
        loop {
            let width = self.spaces(line, usize::MAX);
            widest = widest.max(width);
            match self.byte(line + width) {
                Some(b'\n' | b'\r') => line = self.behind_break(line + width),
                Some(b'\t') => return None,
                _ => return Some(widest),
            }
        }
    }

    fn spaces(&self, at: usize, most: usize) -> usize {
        self.bytes.get(at..).unwrap_or_default().iter().take(most).take_while(|byte| **byte == b' ').count()
    }
}
