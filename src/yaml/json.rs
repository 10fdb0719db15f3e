//! JSON as Go's `encoding/json` reads it, into the same arena with the same spans.

use std::sync::Arc;

use super::Dialect;
use super::build::{Builder, Key};
use super::document::{Data, Document, Text};
use super::limits;
use super::resolve::KeyKind;
use crate::source::{Source, Span};

/// Why a JSON value could not be read, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
    /// The text is JSON, but no program can use it: do not try YAML.
    pub(super) fatal: bool,
}

/// Read one JSON value that begins at or after byte `from`. The document's span is the value's.
pub(super) fn read(source: &Arc<Source>, from: usize, index: u32) -> Result<Document, Fault> {
    let mut reader =
        Reader { bytes: source.text.as_bytes(), at: from, build: Builder::new(Dialect::Kubectl, &source.text, 0) };
    reader.blanks();
    let start = reader.at;
    reader.value()?;
    let span = Span::new(start, reader.at);
    Ok(reader.build.finish(source, span, index))
}

/// The first byte from `from` on that is no JSON white space.
pub(super) fn skip_blanks(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    from + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count()
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    build: Builder<'t>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        self.at = skip_blanks(self.build.source, self.at);
    }

    fn fail<T>(&self, message: &str) -> Result<T, Fault> {
        Err(Fault { at: self.at, message: message.to_owned(), fatal: false })
    }

    /// One whole value, without recursion: after each value come the ends and separators that follow it.
    fn value(&mut self) -> Result<(), Fault> {
        loop {
            self.blanks();
            if self.begin()? {
                continue;
            }
            loop {
                if self.build.depth() == 0 {
                    return Ok(());
                }
                self.blanks();
                match (self.peek(), self.build.in_mapping()) {
                    (Some(b','), true) => {
                        self.at += 1;
                        self.blanks();
                        self.object_key()?;
                        break;
                    }
                    (Some(b','), false) => {
                        self.at += 1;
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => self.close(),
                    (_, true) => return self.fail("this JSON object needs `,` or `}` here"),
                    (_, false) => return self.fail("this JSON array needs `,` or `]` here"),
                }
            }
        }
    }

    /// A scalar, an empty collection (false), or the beginning of a collection up to its first value (true).
    fn begin(&mut self) -> Result<bool, Fault> {
        let start = self.at;
        match self.peek() {
            Some(bracket @ (b'{' | b'[')) => {
                if self.build.depth() >= limits::DEPTH {
                    let message = format!("nested more than {} levels deep", limits::DEPTH);
                    return Err(Fault { at: start, message, fatal: true });
                }
                let object = bracket == b'{';
                self.build.open(object, Span::new(start, start + 1));
                self.at += 1;
                self.blanks();
                match self.peek() {
                    Some(b'}') if object => self.close(),
                    Some(b']') if !object => self.close(),
                    _ if object => return self.object_key().map(|()| true),
                    _ => return Ok(true),
                }
                return Ok(false);
            }
            Some(b'"') => {
                let text = self.string()?;
                self.build.scalar(Data::String(text), Span::new(start, self.at), false);
            }
            Some(b'-' | b'0'..=b'9') => {
                let data = self.number()?;
                self.build.scalar(data, Span::new(start, self.at), false);
            }
            _ => {
                let rest = self.bytes.get(start..).unwrap_or_default();
                let words: [(&[u8], Data); 3] =
                    [(b"null", Data::Null), (b"true", Data::Bool(true)), (b"false", Data::Bool(false))];
                let Some((word, data)) = words.into_iter().find(|(word, _)| rest.starts_with(word)) else {
                    return self.fail("no JSON value begins here");
                };
                self.at += word.len();
                self.build.scalar(data, Span::new(start, self.at), false);
            }
        }
        Ok(false)
    }

    fn close(&mut self) {
        self.at += 1;
        // Only merge keys can fail, and JSON has none.
        let _ = self.build.close(Span::new(self.at, self.at).end);
    }

    fn object_key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return self.fail("a key of a JSON object is a string in double quotes");
        }
        let start = self.at;
        let text = self.string()?;
        self.build.key(Key { text, span: Span::new(start, self.at), kind: KeyKind::String });
        self.blanks();
        if self.peek() != Some(b':') {
            return self.fail("a key of a JSON object needs `:` and a value");
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<Text, Fault> {
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut copied = start;
        loop {
            match self.peek() {
                None => return self.fail("this JSON string is never closed"),
                Some(0..=0x1F) => return self.fail("a JSON string holds no line breaks or other control characters"),
                Some(b'"') => break,
                Some(b'\\') => {
                    let text = owned.get_or_insert_default();
                    text.push_str(self.build.source.get(copied..self.at).unwrap_or_default());
                    let c = self.escape()?;
                    owned.get_or_insert_default().push(c);
                    copied = self.at;
                }
                Some(_) => self.at += 1,
            }
        }
        let end = self.at;
        self.at += 1;
        Ok(match owned {
            None => Text::Slice(Span::new(start, end)),
            Some(mut text) => {
                text.push_str(self.build.source.get(copied..end).unwrap_or_default());
                self.build.own(&text)
            }
        })
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let c = match self.bytes.get(self.at + 1) {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(*c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return self.fail("JSON does not know this escape"),
        };
        self.at += 2;
        Ok(c)
    }

    /// `\uXXXX`, two of them for a surrogate pair; a lone surrogate is U+FFFD.
    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let Some(first) = self.hex(self.at) else { return self.fail("`\\u` needs four hexadecimal digits") };
        self.at += 6;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if let (0xD800..0xDC00, Some(second @ 0xDC00..0xE000)) = (first, self.hex(self.at)) {
            self.at += 6;
            let pair = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return Ok(char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |n, digit| Some(n << 4 | char::from(*digit).to_digit(16)?))
    }

    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        count
    }

    /// int64 where the text fits, else float64; one too large for that is refused, as by apimachinery's json.
    fn number(&mut self) -> Result<Data, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return self.fail("a number needs a digit here");
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return self.fail("a number needs a digit after its point");
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.fail("a number needs a digit in its exponent");
            }
        }
        let text = self.build.source.get(start..self.at).unwrap_or_default();
        if let Ok(int) = text.parse() {
            return Ok(Data::Int(int));
        }
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Data::Float(float)),
            _ => {
                Err(Fault { at: start, message: format!("the number {text} is too large for a float64"), fatal: true })
            }
        }
    }
}
