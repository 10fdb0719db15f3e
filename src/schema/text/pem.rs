//! PEM blocks as Go's `encoding/pem` finds them: anything between them is skipped, and so is what is no block after all.

use super::base64;

/// How many beginnings may turn out to begin nothing before the search ends.
const FAILURES: usize = 100;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'t> {
    /// What it says that it is: `CERTIFICATE`.
    pub label: &'t str,
    /// It has headers.
    pub has_headers: bool,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The blocks of a text.
pub fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (block, after) = decode(rest)?;
        rest = after;
        Some(block)
    })
}

/// The first block of a text, and what follows it.
fn decode(mut text: &str) -> Option<(Block<'_>, &str)> {
    for _ in 0..FAILURES {
        let after = match text.strip_prefix(BEGIN) {
            Some(after) => after,
            None => text.split_once("\n-----BEGIN ")?.1,
        };
        let (first, body) = line(after);
        if let Some(found) = first.strip_suffix(DASHES).and_then(|label| block(label, body)) {
            return Some(found);
        }
        text = body;
    }
    None
}

/// A block whose first line was read.
fn block<'t>(label: &'t str, mut body: &'t str) -> Option<(Block<'t>, &'t str)> {
    let mut has_headers = false;
    loop {
        let (first, after) = line(body);
        if body.is_empty() {
            return None;
        }
        if !first.contains(':') {
            break;
        }
        has_headers = true;
        body = after;
    }
    let (content, trailer) = match body.strip_prefix(END) {
        Some(trailer) if !has_headers => ("", trailer),
        _ => body.split_once("\n-----END ")?,
    };
    let (last, rest) = line(trailer.strip_prefix(label)?.strip_prefix(DASHES)?);
    if !last.is_empty() {
        return None;
    }
    let digits: String = content.chars().filter(|digit| !matches!(digit, ' ' | '\t')).collect();
    Some((Block { label, has_headers, bytes: base64::decode(&digits)? }, rest))
}

/// A line without what is blank at its end, and what follows it.
fn line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.strip_suffix('\r').unwrap_or(line).trim_end_matches([' ', '\t']), rest)
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn blocks_are_found_between_other_text() {
        let text = "a note\n-----BEGIN A-----\nYWJj\n-----END A-----  \nmore\n-----BEGIN B-----\nkey: value\n\nYQ==\n-----END B-----\n";
        let found: Vec<_> = blocks(text).map(|block| (block.label, block.has_headers, block.bytes)).collect();
        assert_eq!(found, [("A", false, b"abc".to_vec()), ("B", true, b"a".to_vec())]);
        assert_eq!(blocks("-----BEGIN A-----\n-----END A-----").count(), 1);
        for text in [
            "",
            "-----BEGIN A-----\nYWJj\n-----END B-----\n",
            "-----BEGIN A-----\n???\n-----END A-----\n",
            " -----BEGIN A-----\n",
        ] {
            assert_eq!(blocks(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn a_text_of_beginnings_ends_soon() {
        assert_eq!(blocks(&"-----BEGIN A:-----\n".repeat(50_000)).count(), 0);
    }
}
