//! JSON pointers (RFC 6901) ↔ nodes.

use std::borrow::Cow;

use super::document::{Document, Origin};
use super::value::Value;
use crate::source::Span;

/// Append a key or an index to a pointer, escaped.
#[must_use]
pub fn child(pointer: &str, token: &str) -> String {
    let mut whole = pointer.to_owned();
    push(&mut whole, token);
    whole
}

/// The same in place.
pub fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    for part in token.split_inclusive(['~', '/']) {
        match part.strip_suffix(['~', '/']) {
            Some(before) => {
                pointer.push_str(before);
                pointer.push_str(if part.ends_with('~') { "~0" } else { "~1" });
            }
            None => pointer.push_str(part),
        }
    }
}

/// The decoded tokens of a pointer; none for the whole document.
pub fn tokens(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let decoded = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let token = move |token| if str::contains(token, '~') { Cow::Owned(decoded(token)) } else { Cow::Borrowed(token) };
    pointer.split('/').skip(1).map(token)
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
            found.value.item(index).map(|value| (None, value))
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

/// The pointer of the deepest value, below `root`, whose key and value hold a span.
#[must_use]
pub fn at(root: Value<'_>, span: Span) -> String {
    let mut pointer = String::new();
    let mut value = root;
    let holds = |origins: &[Origin]| {
        let spans = origins.iter().filter_map(|origin| span_of(root.document(), *origin));
        spans
            .reduce(|a, b| Span { start: a.start.min(b.start), end: a.end.max(b.end) })
            .is_some_and(|whole| whole.start <= span.start && span.end <= whole.end)
    };
    loop {
        let entry = value.entries().find(|(_, key, value)| holds(&[*key, value.origin()]));
        if let Some((key, _, next)) = entry {
            pointer = child(&pointer, key);
            value = next;
            continue;
        }
        match value.items().enumerate().find(|(_, item)| holds(&[item.origin()])) {
            Some((index, item)) => {
                pointer = child(&pointer, &index.to_string());
                value = item;
            }
            None => return pointer,
        }
    }
}

/// A pointer that survives edits elsewhere: an item of a list of named mappings is called by its name instead of its
/// index (`/spec/containers/[name=web]/image`).
#[must_use]
pub fn stable(root: Value<'_>, pointer: &str) -> String {
    let mut stable = String::new();
    let mut value = Some(root);
    for token in tokens(pointer) {
        let item = value.and_then(|list| Some((list, list.item(token.parse().ok()?)?)));
        if let Some((list, item)) = item {
            let name = item.get("name").and_then(Value::as_str);
            let alone =
                |name: &str| list.items().filter(|i| i.get("name").and_then(Value::as_str) == Some(name)).count() == 1;
            match name.filter(|name| alone(name)) {
                Some(name) => push(&mut stable, &format!("[name={name}]")),
                None => push(&mut stable, &token),
            }
            value = Some(item);
        } else {
            push(&mut stable, &token);
            value = value.and_then(|mapping| mapping.get(&token));
        }
    }
    stable
}
