//! Where go-yaml reads what libyaml refuses: the text is mended for libyaml, byte for byte of the same length, and the
//! values get their own characters back.
//!
//! - `[001:db8::]`: no "unexpected ':'" in go-yaml. The colon becomes a letter.
//! - `"it\'s"`: go-yaml knows this escape. It becomes `\"`.
//! - A byte order mark inside a document is a character of the text; libyaml drops it at the start of a line. It becomes
//!   a private character.

use std::borrow::Cow;

use super::events::{Fault, Style};
use super::limits;

const BOM: char = '\u{FEFF}';

/// What was changed in the input of one document.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    /// Offsets (from behind the document's own mark) of replaced bytes, sorted, and what stood there.
    at: Vec<(usize, u8)>,
    /// How often the document was read again.
    attempts: usize,
    /// The private character that stands for a byte order mark.
    mark: Option<char>,
}

impl Repairs {
    /// Replace the byte order marks behind byte `from`.
    pub(super) fn new(input: &mut Cow<'_, str>, from: usize) -> Self {
        let rest = input.get(from..).unwrap_or_default();
        if memchr::memmem::find(rest.as_bytes(), "\n\u{FEFF}".as_bytes()).is_none() {
            return Self::default();
        }
        // All private characters of the same length taken: leave the text as it is.
        let Some(mark) = ('\u{E000}'..='\u{F8FF}').find(|c| !rest.contains(*c)) else { return Self::default() };
        let head = input.get(..from).unwrap_or_default().to_owned();
        let mended = head + &rest.replace(BOM, mark.encode_utf8(&mut [0; 4]));
        *input = Cow::Owned(mended);
        Self { mark: Some(mark), ..Self::default() }
    }

    /// Mend what libyaml refused, if go-yaml reads it and the document has not been read too often.
    pub(super) fn mend(&mut self, input: &mut Cow<'_, str>, from: usize, fault: &Fault) -> bool {
        if self.attempts.saturating_mul(input.len()) > limits::REPAIR_BYTES {
            return false;
        }
        self.attempts += 1;
        let rest = input.get(from + fault.offset..).unwrap_or_default().as_bytes();
        let (mended, instead) = match fault.problem {
            "found unexpected ':'" if rest.first() == Some(&b':') => (vec![(fault.offset, b':')], b'x'),
            "found unknown escape character" if rest.starts_with(b"\\'") => (apostrophes(rest, fault.offset), b'"'),
            _ => return false,
        };
        let mut bytes = std::mem::take(input).into_owned().into_bytes();
        for (at, _) in &mended {
            if let Some(byte) = bytes.get_mut(from + at) {
                *byte = instead;
            }
        }
        // One ASCII byte for another: still UTF-8.
        *input = Cow::Owned(String::from_utf8(bytes).unwrap_or_default());
        // What libyaml refuses lies behind everything that it refused before.
        self.at.extend(mended);
        true
    }

    /// A scalar's value as go-yaml has it. `raw` are its true bytes, `start..end` its place in the input.
    pub(super) fn restore<'v>(
        &self,
        value: &'v str,
        style: Style,
        start: usize,
        end: usize,
        raw: &str,
    ) -> Cow<'v, str> {
        let mut value = Cow::Borrowed(value);
        if let Some(mark) = self.mark
            && value.contains(mark)
        {
            value = Cow::Owned(value.replace(mark, BOM.encode_utf8(&mut [0; 3])));
        }
        let from = self.at.partition_point(|(at, _)| *at < start);
        let to = self.at.partition_point(|(at, _)| *at < end);
        let Some(mended) = self.at.get(from..to).filter(|mended| !mended.is_empty()) else { return value };
        Cow::Owned(match style {
            Style::Plain => plain(&value, raw),
            _ => double_quoted(&value, raw, mended, start),
        })
    }
}

/// The apostrophes that `\'` escapes, from here to the end of the double-quoted scalar.
fn apostrophes(rest: &[u8], offset: usize) -> Vec<(usize, u8)> {
    let mut found = Vec::new();
    let mut bytes = rest.iter().enumerate();
    while let Some((_, byte)) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => {
                if let Some((at, b'\'')) = bytes.next() {
                    found.push((offset + at, b'\''));
                }
            }
            _ => {}
        }
    }
    found
}

/// Folding changes only blanks: the other characters of the value are those of the raw text, in order. Properties in
/// front of the text are skipped.
fn plain(value: &str, raw: &str) -> String {
    let solid = |c: &char| !c.is_whitespace();
    let count = value.chars().filter(solid).count();
    let skip = raw.chars().filter(solid).count().saturating_sub(count);
    let mut originals = raw.chars().filter(solid).skip(skip);
    value.chars().map(|c| if c.is_whitespace() { c } else { originals.next().unwrap_or(c) }).collect()
}

/// Every `"` of the value comes from an escape; those that were mended are `'`.
fn double_quoted(value: &str, raw: &str, mended: &[(usize, u8)], start: usize) -> String {
    let mut quotes = Vec::new();
    let mut rest = raw.char_indices();
    while let Some((_, c)) = rest.next() {
        if c != '\\' {
            continue;
        }
        match rest.next() {
            Some((at, '"' | '\'')) => {
                let is_mended = mended.binary_search(&(start + at, b'\'')).is_ok();
                quotes.push(if is_mended { '\'' } else { '"' });
            }
            Some((at, 'x' | 'u' | 'U')) => {
                let code = raw.get(at..).unwrap_or_default();
                if ["x22", "u0022", "U00000022"].iter().any(|quote| code.starts_with(quote)) {
                    quotes.push('"');
                }
            }
            _ => {}
        }
    }
    let mut quotes = quotes.into_iter();
    value.chars().map(|c| if c == '"' { quotes.next().unwrap_or(c) } else { c }).collect()
}
