//! Paths as a forge takes them.

use crate::source::RepoPath;

/// The path as text; none where it has bytes that are no UTF-8, which no request can carry.
#[must_use]
pub(super) fn plain(path: &RepoPath) -> Option<&str> {
    let text = path.as_str();
    (!text.is_empty() && !text.chars().any(|c| matches!(c, '\u{F780}'..='\u{F7FF}'))).then_some(text)
}
