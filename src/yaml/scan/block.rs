//! Lines: block mappings and sequences.

use super::plain::Stop;
use super::{Form, KEY_BYTES, Scanner};
use crate::source::Span;
use crate::yaml::resolve::Tag;
use crate::yaml::scalar::Written;

impl Scanner<'_> {
    /// A line with content in this column.
    pub(super) fn line(&mut self, column: usize) -> Option<()> {
        while self.indent().is_some_and(|indent| indent > column) {
            self.fill()?;
            self.close()?;
        }
        let Some(top) = self.open.last().copied() else {
            if self.begun {
                // What stands behind the end of the document.
                return None;
            }
            self.begun = true;
            return self.node(column);
        };
        if top.indent < column {
            // Only a value that is awaited may be indented.
            self.pending.take()?;
            return self.node(column);
        }
        match (top.form, self.is_dash()?) {
            (Form::Mapping, true) => {
                self.pending.take()?;
                self.begin_block(Form::Indentless, column, Span::new(self.at, self.at + 1))?;
                self.entry(column)
            }
            (Form::Sequence | Form::Indentless, true) => {
                self.fill()?;
                self.entry(column)
            }
            (Form::Mapping, false) => {
                self.fill()?;
                self.pair(None)
            }
            (Form::Indentless, false) => {
                self.fill()?;
                self.close()?;
                self.pair(None)
            }
            (Form::Sequence, false) => None,
        }
    }

    /// A dash that begins an entry stands here.
    fn is_dash(&self) -> Option<bool> {
        let dash = self.byte(self.at) == Some(b'-') && self.is_gap(self.at + 1);
        (!dash || self.byte(self.at + 1) != Some(b'\t')).then_some(dash)
    }

    /// An entry of the innermost sequence, from its dash on.
    fn entry(&mut self, column: usize) -> Option<()> {
        match self.dash()? {
            Some(width) => self.node(column + width),
            None => Some(()),
        }
    }

    /// Skip a dash and the blanks behind it: how wide they are, or nothing if the line ends.
    #[expect(clippy::option_option, reason = "giving up is not the line's end")]
    fn dash(&mut self) -> Option<Option<usize>> {
        let start = self.at;
        self.at += 1;
        if self.ends_line()? {
            self.pending = Some(start + 1);
            return Some(None);
        }
        Some(Some(self.at - start))
    }

    /// A node that begins in this column: on a line of its own or behind a dash.
    fn node(&mut self, mut column: usize) -> Option<()> {
        while self.is_dash()? {
            self.begin_block(Form::Sequence, column, Span::new(self.at, self.at))?;
            match self.dash()? {
                Some(width) => column += width,
                None => return Some(()),
            }
        }
        match self.byte(self.at)? {
            b'[' | b'{' => {
                self.flow()?;
                self.end_line()
            }
            b'|' | b'>' => self.literal(),
            _ => self.pair(Some(column)),
        }
    }

    /// A key and its value. With a column it is the first of a mapping that begins there, or no pair but a scalar.
    fn pair(&mut self, begins: Option<usize>) -> Option<()> {
        let start = self.at;
        let quoted = match self.byte(start)? {
            b'"' | b'\'' => Some(self.quoted()?),
            _ if self.begins_plain() => None,
            _ => return None,
        };
        let Some(quoted) = quoted else {
            let (end, stop) = self.plain_line(start);
            if stop != Stop::Colon {
                // A scalar as the root is no manifest.
                begins.and(self.indent())?;
                return self.plain_value(start, end, stop);
            }
            let key = Written {
                value: self.text.get(start..end)?,
                tag: Tag::None,
                plain: true,
                at: Span::new(start, end),
                end,
            };
            return self.pair_of(&key, begins);
        };
        let end = self.at;
        let written = quoted.written();
        let is_key = {
            self.skip_spaces();
            self.byte(self.at) == Some(b':') && self.is_gap(self.at + 1)
        };
        if is_key && quoted.one_line {
            return self.pair_of(&written, begins);
        }
        begins.and(self.indent())?;
        self.at = end;
        self.value(&written)?;
        self.end_line()
    }

    /// The rest of a pair, from its colon on.
    fn pair_of(&mut self, key: &Written<'_>, begins: Option<usize>) -> Option<()> {
        let start = key.at.start as usize;
        if self.at - start > KEY_BYTES {
            return None;
        }
        if let Some(column) = begins {
            self.begin_block(Form::Mapping, column, Span::new(start, start))?;
        }
        self.key(key)?;
        self.at += 1;
        let colon = self.at;
        if self.ends_line()? {
            self.pending = Some(colon);
            return Some(());
        }
        match self.byte(self.at)? {
            b'[' | b'{' => {
                self.flow()?;
                self.end_line()
            }
            b'|' | b'>' => self.literal(),
            b'"' | b'\'' => {
                let quoted = self.quoted()?;
                self.value(&quoted.written())?;
                self.end_line()
            }
            _ if self.begins_plain() => {
                let start = self.at;
                let (end, stop) = self.plain_line(start);
                if stop == Stop::Colon {
                    return None;
                }
                self.plain_value(start, end, stop)
            }
            _ => None,
        }
    }
}
