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
        Self { at: Vec::new(), mark: Some(mark) }
    }

    /// Mend what libyaml refused, if go-yaml reads it and the document has not been read too often.
    pub(super) fn mend(&mut self, input: &mut Cow<'_, str>, from: usize, fault: &Fault) -> bool {
        let (at, wanted, instead) = match fault.problem {
            "found unexpected ':'" => (fault.offset, b':', b'x'),
            "found unknown escape character" => (fault.offset + 1, b'\'', b'"'),
            _ => return false,
        };
        if input.as_bytes().get(from + at) != Some(&wanted) || (self.at.len() + 1) * input.len() > limits::REPAIR_BYTES
        {
            return false;
        }
        let mut bytes = std::mem::take(input).into_owned().into_bytes();
        if let Some(byte) = bytes.get_mut(from + at) {
            *byte = instead;
        }
        // One ASCII byte for another: still UTF-8.
        *input = Cow::Owned(String::from_utf8(bytes).unwrap_or_default());
        self.at.push((at, wanted));
        self.at.sort_unstable();
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
                quotes.push(if mended.iter().any(|(m, _)| *m == start + at) { '\'' } else { '"' })
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
