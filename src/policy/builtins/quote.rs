//! Texts in quotes, as Go's `strconv` writes them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

/// Letters, marks, numbers, punctuation, symbols and the ASCII space, as Go's `IsPrint`.
static PRINTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A[\p{L}\p{M}\p{N}\p{P}\p{S} ]\z").ok());

fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    let mut buffer = [0; 4];
    PRINTABLE.as_ref().is_some_and(|printable| printable.is_match(c.encode_utf8(&mut buffer)))
}

/// A text between quotes, `"` for a string, `'` for a character; `ascii` escapes all else.
pub(super) fn quote(text: &str, mark: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        let code = u32::from(c);
        // Writing to a string cannot fail.
        _ = match c {
            c if c == mark || c == '\\' => write!(out, "\\{c}"),
            c if is_printable(c) && (c.is_ascii() || !ascii) => write!(out, "{c}"),
            '\u{7}' => write!(out, "\\a"),
            '\u{8}' => write!(out, "\\b"),
            '\u{c}' => write!(out, "\\f"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\u{b}' => write!(out, "\\v"),
            _ if code < 0x80 => write!(out, "\\x{code:02x}"),
            _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push(mark);
    out
}

/// A text can stand between back quotes as it is.
pub(super) fn can_back_quote(text: &str) -> bool {
    text.chars().all(|c| c != '\u{feff}' && c != '`' && c != '\u{7f}' && (c >= ' ' || c == '\t'))
}
