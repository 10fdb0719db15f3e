//! Text from a manifest, made harmless for the medium that it goes to.
//!
//! Everything in the head tree is hostile. What all media share is [`visible`]; JSON alone keeps every character, as an
//! escape. A continuous-integration runner reads a program's output for commands, whatever the format, so the two forms
//! that GitHub's runner knows (`::command` at the start of a line, `##[command]` anywhere) are broken in all of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::source::RepoPath;

/// What stands for a character that is not shown.
pub const HIDDEN: char = '\u{FFFD}';

/// Characters that change what a reader sees without being seen: controls (a terminal obeys them), bidirectional
/// marks (they reorder a line), zero-width and filler characters, tags and variation selectors (they hide text), and
/// the noncharacters that XML forbids. `\n` and `\t` are controls too.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{115F}' | '\u{1160}'
            | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0E}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The selector that makes a sign before it a coloured one; behind anything else it is one more way to hide a difference.
const EMOJI: char = '\u{FE0F}';

fn takes_emoji_style(c: char) -> bool {
    c != EMOJI && c >= '\u{203C}' && !c.is_alphanumeric()
}

/// The text with [`HIDDEN`] for every invisible character but `\n` and `\t`, for a selector of emoji behind what is none, and
/// for the second `#` of `##[`. As many characters as before, so that columns stay true; only `\r\n` becomes `\n`.
#[must_use]
pub fn visible(text: &str) -> String {
    // Nearly every text.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) && !text.contains("##[") {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\r', Some('\n')) => {}
            ('\n' | '\t', _) => shown.push(c),
            ('#', Some('[')) if shown.ends_with('#') => shown.push(HIDDEN),
            (EMOJI, _) if !shown.ends_with(takes_emoji_style) => shown.push(HIDDEN),
            _ if is_invisible(c) => shown.push(HIDDEN),
            _ => shown.push(c),
        }
    }
    shown
}

/// [`visible`], in one line: a space for every line end and tab.
#[must_use]
pub fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// At most `limit` characters of a text, with an ellipsis where it was cut.
#[must_use]
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}

/// Serialised JSON with invisible characters inside its strings as `\u` escapes, and `##[` broken by one. The values
/// are the same; the layout's own line ends stay.
#[must_use]
pub fn json(serialised: &str) -> String {
    let mut safe = String::with_capacity(serialised.len());
    let mut units = [0; 2];
    let mut chars = serialised.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\n' && is_invisible(c) || (c == '#' && chars.peek() == Some(&'[')) {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// [`visible`], for the text or an attribute of XML 1.0. Line ends and tabs are references, which an attribute needs
/// to keep them.
#[must_use]
pub fn xml(text: &str) -> String {
    let shown = visible(text);
    let mut safe = String::with_capacity(shown.len());
    for c in shown.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push_str("&#9;"),
            _ => safe.push(c),
        }
    }
    safe
}

/// A Markdown code span of one line: the only inline form in which mentions, issue numbers, links, images, HTML and
/// emphasis are all dead. The empty text gives nothing.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let shown = one_line(text);
    if shown.trim().is_empty() {
        return String::new();
    }
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// [`markdown_code`] for a cell of a table, where a pipe ends the cell even inside a code span. GitHub's Markdown
/// takes `\|` for a pipe, but reads `\\|` as a backslash and the end of the cell, so the two are kept apart.
#[must_use]
pub fn markdown_cell(text: &str) -> String {
    markdown_code(text).replace("\\|", "\\ |").replace('|', "\\|")
}

/// A line for a log: a CI runner takes one that starts with `::` for a command, whatever stands before that is blank.
#[must_use]
pub fn log_line(line: &str) -> Cow<'_, str> {
    if line.trim_start().starts_with("::") {
        Cow::Owned(line.replacen("::", "\u{FFFD}:", 1))
    } else {
        Cow::Borrowed(line)
    }
}

/// The message of a GitHub workflow command.
#[must_use]
pub fn command_data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\n', "%0A")
}

/// A property of a GitHub workflow command.
#[must_use]
pub fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path as a relative URI reference (RFC 3986), of the bytes that git knows.
#[must_use]
pub fn uri(path: &RepoPath) -> String {
    let mut uri = String::with_capacity(path.as_str().len());
    let mut utf8 = [0; 4];
    for c in path.as_str().chars() {
        let bytes = match u8::try_from(u32::from(c).wrapping_sub(0xF700)) {
            Ok(byte @ 0x80..) => {
                utf8[0] = byte;
                &utf8[..1]
            }
            _ => c.encode_utf8(&mut utf8).as_bytes(),
        };
        for byte in bytes {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    uri.push(char::from(*byte));
                }
                _ => {
                    let _ = write!(uri, "%{byte:02X}");
                }
            }
        }
    }
    uri
}
