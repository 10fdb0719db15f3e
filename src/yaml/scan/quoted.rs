//! Scalars in quotes.

use std::borrow::Cow;

use super::Scanner;
use super::plain::fold;
use crate::source::Span;
use crate::yaml::resolve::Tag;
use crate::yaml::scalar::Written;

/// A scalar in quotes.
pub(super) struct Quoted<'t> {
    value: Cow<'t, str>,
    at: Span,
    /// Only then it may be a key.
    pub(super) one_line: bool,
}

impl Quoted<'_> {
    pub(super) fn written(&self) -> Written<'_> {
        let end = (self.at.end as usize).saturating_sub(1);
        Written { value: &self.value, tag: Tag::None, plain: false, at: self.at, end }
    }
}

impl<'t> Scanner<'t> {
    /// The scalar whose opening quote stands here. The scanner stands behind the closing one afterwards.
    pub(super) fn quoted(&mut self) -> Option<Quoted<'t>> {
        let start = self.at;
        let quote = self.byte(start)?;
        let rest = self.bytes.get(start + 1..)?;
        let length = if quote == b'"' {
            memchr::memchr3(b'"', b'\\', b'\n', rest)?
        } else {
            memchr::memchr2(b'\'', b'\n', rest)?
        };
        let end = start + 1 + length;
        if self.byte(end) == Some(quote) && (quote == b'"' || self.byte(end + 1) != Some(quote)) {
            self.at = end + 1;
            let value = Cow::Borrowed(self.text.get(start + 1..end)?);
            return Some(Quoted { value, at: Span::new(start, end + 1), one_line: true });
        }
        self.at = start + 1;
        let mut reader = Reader { value: String::new(), from: start + 1, one_line: true };
        if quote == b'"' {
            self.double(&mut reader)?;
        } else {
            self.single(&mut reader)?;
        }
        let Reader { value, one_line, .. } = reader;
        Some(Quoted { value: Cow::Owned(value), at: Span::new(start, self.at), one_line })
    }

    fn single(&mut self, reader: &mut Reader) -> Option<()> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += memchr::memchr2(b'\'', b'\n', rest)?;
            if self.byte(self.at) == Some(b'\n') {
                self.fold_lines(reader)?;
                continue;
            }
            reader.value.push_str(self.text.get(reader.from..self.at)?);
            self.at += 1;
            if self.byte(self.at) != Some(b'\'') {
                return Some(());
            }
            reader.value.push('\'');
            self.at += 1;
            reader.from = self.at;
        }
    }

    fn double(&mut self, reader: &mut Reader) -> Option<()> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += memchr::memchr3(b'"', b'\\', b'\n', rest)?;
            match self.byte(self.at)? {
                b'\n' => self.fold_lines(reader)?,
                byte => {
                    reader.value.push_str(self.text.get(reader.from..self.at)?);
                    self.at += 1;
                    if byte == b'"' {
                        return Some(());
                    }
                    self.escape(reader)?;
                    reader.from = self.at;
                }
            }
        }
    }

    /// The scanner stands at the `\n` of a line end inside quotes: the blanks around it go, and it is folded.
    fn fold_lines(&mut self, reader: &mut Reader) -> Option<()> {
        let line = self.text.get(reader.from..self.at)?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        reader.value.push_str(line.trim_end_matches([' ', '\t']));
        let breaks = self.line_ends(reader)?;
        fold(&mut reader.value, breaks);
        reader.from = self.at;
        Some(())
    }

    /// Skip line ends and the blanks between and behind them: how many there were.
    fn line_ends(&mut self, reader: &mut Reader) -> Option<usize> {
        reader.one_line = false;
        let mut breaks = 0;
        loop {
            match self.byte(self.at)? {
                b'\n' | b'\r' => {
                    breaks += 1;
                    self.at = self.behind_break(self.at);
                    // libyaml refuses a document's end inside quotes.
                    if self.is_marker(self.at) {
                        return None;
                    }
                }
                b' ' | b'\t' => self.at += 1,
                _ => return Some(breaks),
            }
        }
    }

    /// What stands behind a backslash. `\/` and `\'` are no escapes to both libyaml and go-yaml.
    fn escape(&mut self, reader: &mut Reader) -> Option<()> {
        let byte = self.byte(self.at)?;
        if matches!(byte, b'\n' | b'\r') {
            let breaks = self.line_ends(reader)?;
            reader.value.extend(std::iter::repeat_n('\n', breaks - 1));
            return Some(());
        }
        self.at += 1;
        let digits = match byte {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => {
                reader.value.push(character(byte)?);
                return Some(());
            }
        };
        let code = self.text.get(self.at..self.at + digits)?;
        if !code.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += digits;
        reader.value.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        Some(())
    }
}

/// A scalar that is no slice of the text.
struct Reader {
    value: String,
    /// Where the bytes begin that are not in `value` yet.
    from: usize,
    one_line: bool,
}

fn character(escape: u8) -> Option<char> {
    Some(match escape {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0B',
        b'f' => '\x0C',
        b'r' => '\r',
        b'e' => '\x1B',
        b' ' | b'"' | b'\\' => char::from(escape),
        b'N' => '\u{85}',
        b'_' => '\u{A0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
