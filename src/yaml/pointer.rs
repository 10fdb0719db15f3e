//! JSON pointers (RFC 6901) ↔ nodes.

use super::document::{Document, Origin, Value};
use crate::source::Span;

/// Append a key or an index to a pointer, escaped.
#[must_use]
pub fn child(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
}

/// The decoded tokens of a pointer; none for the whole document.
pub fn tokens(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"))
}

/// What a pointer found: the value if there is one, else its deepest existing ancestor.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The value, or the deepest ancestor that exists.
    pub value: Value<'a>,
    /// Where the key of that value stands, when it is a mapping's value.
    pub key: Option<Origin>,
    /// The whole pointer was found.
    pub exact: bool,
}

/// Follow a pointer from a value.
#[must_use]
pub fn find<'a>(root: Value<'a>, pointer: &str) -> Found<'a> {
    let mut found = Found { value: root, key: None, exact: true };
    for token in tokens(pointer) {
        let next = found.value.get_entry(&token).map(|(key, value)| (Some(key), value)).or_else(|| {
            let index = token.parse::<usize>().ok()?;
            found.value.items().nth(index).map(|value| (None, value))
        });
        let Some((key, value)) = next else {
            found.exact = false;
            return found;
        };
        found.value = value;
        found.key = key;
    }
    found
}

/// The bytes of an origin in the document's own file, when they lie there.
#[must_use]
pub fn span_of(document: &Document, origin: Origin) -> Option<Span> {
    match origin {
        Origin::Source { source, span } if source.0 == 0 => Some(span),
        Origin::Rendered(chain) => {
            document.chains.get(chain as usize)?.iter().find(|(source, _)| source.0 == 0).map(|(_, span)| *span)
        }
        _ => None,
    }
}
