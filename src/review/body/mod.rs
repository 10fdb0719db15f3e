//! What is posted, as text. Everything that is not ours stands in code spans and fences, where nothing of it is live.

pub mod check;
pub mod inline;
pub mod summary;

use crate::report::escape;

/// The longest text of a comment in bytes. GitHub refuses a body of more than 65,536 code points.
pub const MAX_BODY: usize = 60_000;

/// A text that is not ours, in one line of at most `limit` characters.
fn quoted(text: &str, limit: usize) -> String {
    escape::markdown_code(&escape::cut(text, limit))
}

/// A text that is not ours, of several lines, in a fence.
fn block(text: &str, limit: usize) -> String {
    let text = escape::visible(&escape::cut(text, limit));
    let fence = fence(&text);
    format!("{fence}text\n{text}\n{fence}")
}

/// A fence that the text cannot end.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
