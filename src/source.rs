//! Where text comes from: repository paths, the bytes of one blob as text, and positions in it.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A path inside the repository (or the compared folder), `/`-separated, never absolute, never with `.` or `..`.
///
/// Git paths are bytes. A byte that is not part of valid UTF-8 is kept as the private-use character U+F700 + byte, so
/// that every path has exactly one text; [`fmt::Display`] prints such a byte, and every control character, escaped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

impl RepoPath {
    /// A path from git's bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                text.extend(char::from_u32(0xF700 + u32::from(*byte)));
            }
        }
        Self(text.into())
    }

    /// The path as text (see the type for bytes that are not UTF-8).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder that holds it; the empty text for the top.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The text after the last dot of the file name, in lower case; empty without one.
    #[must_use]
    pub fn extension(&self) -> String {
        self.file_name().rsplit_once('.').map_or(String::new(), |(_, ext)| ext.to_ascii_lowercase())
    }
}

impl serde::Serialize for RepoPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for RepoPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.into()))
    }
}

impl schemars::JsonSchema for RepoPath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RepoPath".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl From<&str> for RepoPath {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match u32::from(c) {
                code @ 0xF780..=0xF7FF => write!(f, "\\x{:02x}", code - 0xF700)?,
                _ if c.is_control() => write!(f, "{}", c.escape_default())?,
                _ => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The side of a comparison that a document or a place lies on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Before the change.
    Base,
    /// After the change.
    Head,
}

/// A byte range in the text of one [`Source`]; `start <= end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets; offsets beyond 4 GiB do not occur (the size limit of a file is far below).
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The same as a range for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place in a text, both counted from 1; columns count Unicode scalar values.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Position {
    /// Line, from 1. Lines end at `\n` alone, as git counts them.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// One file's content on one side, decoded to UTF-8 (UTF-16 is converted, a byte order mark is dropped, bytes that are
/// no UTF-8 are U+FFFD, as kubectl reads it).
#[derive(Debug)]
pub struct Source {
    /// Where the file lies.
    pub path: RepoPath,
    /// On which side it was read.
    pub side: Side,
    /// The decoded text; all spans count in its bytes.
    pub text: String,
    /// The text equals the file's bytes, so that a fix may be applied to them by offset.
    pub verbatim: bool,
    line_starts: OnceLock<Vec<u32>>,
    /// How many characters begin before each [`BLOCK`] of the text.
    characters: OnceLock<Vec<u32>>,
}

/// Bytes that are counted one by one for a column; a longer line is counted in blocks of so many, once.
const BLOCK: usize = 4096;

/// How many characters begin in some bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

impl Source {
    /// A source of decoded text.
    #[must_use]
    pub fn new(path: RepoPath, side: Side, text: String, verbatim: bool) -> Self {
        Self { path, side, text, verbatim, line_starts: OnceLock::new(), characters: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| Span::new(at + 1, at + 1).start));
            starts
        })
    }

    /// The position of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(self.text.len()).max(start);
        let column = self.characters(start, end) + 1;
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// How many characters begin between two offsets.
    fn characters(&self, start: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        if end - start <= BLOCK {
            return characters(bytes.get(start..end).unwrap_or_default());
        }
        let blocks = self.characters.get_or_init(|| {
            let mut all = 0;
            let mut before = vec![0];
            before.extend(bytes.chunks(BLOCK).map(|block| {
                all += characters(block);
                u32::try_from(all).unwrap_or(u32::MAX)
            }));
            before
        });
        let until = |offset: usize| {
            let block = offset / BLOCK;
            let rest = bytes.get(block * BLOCK..offset).unwrap_or_default();
            blocks.get(block).map_or(0, |before| *before as usize) + characters(rest)
        };
        until(end) - until(start)
    }

    /// The text of a line (from 1) without its line end, or nothing past the end.
    #[must_use]
    pub fn line(&self, line: u32) -> Option<&str> {
        let starts = self.line_starts();
        let index = (line as usize).checked_sub(1)?;
        let start = *starts.get(index)? as usize;
        let end = starts.get(index + 1).map_or(self.text.len(), |next| *next as usize - 1);
        let text = self.text.get(start..end)?;
        Some(text.strip_suffix('\r').unwrap_or(text))
    }

    /// The byte span of a line (from 1), without its line end.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Option<Span> {
        let text = self.line(line)?;
        let start = *self.line_starts().get((line as usize).checked_sub(1)?)? as usize;
        Some(Span::new(start, start + text.len()))
    }

    /// How many lines the text has; a final line end does not begin another.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        let starts = self.line_starts();
        let trailing = usize::from(self.text.ends_with('\n') || self.text.is_empty());
        u32::try_from(starts.len() - trailing).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Position, Side, Source};

    #[test]
    fn columns_of_a_long_line_are_those_of_counting() {
        let line = "aé€😀".repeat(BLOCK);
        let source = Source::new("a".into(), Side::Head, format!("first\n{line}\nlast"), true);
        for start in [6, 7, 9, 6 + 10 * 1000, 6 + 10 * 4000 + 1] {
            let before = source.text.get(6..start).map_or(0, |text| text.chars().count());
            let column = u32::try_from(before + 1).unwrap_or_default();
            let offset = u32::try_from(start).unwrap_or_default();
            assert_eq!(source.position(offset), Position { line: 2, column });
        }
    }
}
