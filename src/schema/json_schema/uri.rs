//! Paths as the URIs under which schemas are known while they are compiled.

use std::fmt::Write as _;

const SCHEME: &str = "repository:///";

/// The URI of a path.
pub(super) fn of_path(path: &str) -> String {
    let mut uri = SCHEME.to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => _ = write!(uri, "%{byte:02X}"),
        }
    }
    uri
}

/// The path of such a URI.
pub(super) fn path_of(uri: &str) -> Option<String> {
    let text = uri.strip_prefix(SCHEME)?;
    decoded(text.split('#').next().unwrap_or_default())
}

/// A text without percent signs.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
