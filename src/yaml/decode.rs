//! Bytes → text, as kubectl reads a file: `BOMOverride(UTF8.NewDecoder())` of golang.org/x/text.

use crate::source::Span;

/// What the bytes of a file say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte order mark. Line ends are kept.
    pub text: String,
    /// The text equals the bytes.
    pub verbatim: bool,
    /// Where the bytes were no text: every span covers the U+FFFD that stand for them.
    pub invalid: Vec<Span>,
}

/// Decode UTF-8, or UTF-16 with a byte order mark. Every byte that is no UTF-8, every lone surrogate and the odd byte at
/// the end of UTF-16 becomes U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, false),
        _ => utf8(bytes, true),
    }
}

fn utf8(bytes: &[u8], whole: bool) -> Decoded {
    if let Ok(text) = str::from_utf8(bytes) {
        return Decoded { text: text.to_owned(), verbatim: whole, invalid: Vec::new() };
    }
    let mut out = Lossy::default();
    out.text.reserve(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            out.replace();
        }
    }
    out.finish()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut out = Lossy::default();
    out.text.reserve(pairs.len());
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match c {
            Ok(c) => out.text.push(c),
            Err(_) => out.replace(),
        }
    }
    if !odd.is_empty() {
        out.replace();
    }
    out.finish()
}

#[derive(Default)]
struct Lossy {
    text: String,
    invalid: Vec<Span>,
}

impl Lossy {
    fn replace(&mut self) {
        let start = self.text.len();
        self.text.push(char::REPLACEMENT_CHARACTER);
        let span = Span::new(start, self.text.len());
        match self.invalid.last_mut() {
            Some(last) if last.end == span.start => last.end = span.end,
            _ => self.invalid.push(span),
        }
    }

    fn finish(self) -> Decoded {
        Decoded { text: self.text, verbatim: false, invalid: self.invalid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_dropped_and_utf16_is_read() {
        assert_eq!(decode(b"\xEF\xBB\xBFa"), Decoded { text: "a".into(), verbatim: false, invalid: vec![] });
        assert_eq!(decode(b"a").verbatim, true);
        assert_eq!(decode(b"\xFF\xFEa\0\xE9\0").text, "aé");
        assert_eq!(decode(b"\xFE\xFF\0a").text, "a");
    }

    #[test]
    fn what_is_no_text_is_replaced_and_told() {
        let decoded = decode(b"a\xED\xA0b\xFF");
        assert_eq!(decoded.text, "a\u{FFFD}\u{FFFD}b\u{FFFD}");
        assert_eq!(decoded.invalid, [Span::new(1, 7), Span::new(8, 11)]);
        let cut = decode(b"\xFF\xFEa\0b");
        assert_eq!((cut.text.as_str(), cut.invalid.len()), ("a\u{FFFD}", 1));
        assert_eq!(decode(b"\xFF\xFE\0\xD8").text, "\u{FFFD}");
    }
}
