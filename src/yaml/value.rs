//! The view of a value in a document, that every reader uses.
//!
//! The object rules ask for keys in thousands of places. There, a look-up is one call: what is short is inlined, such as
//! the hash of a key that is known when it is compiled; what is long is not.

use super::document::{Data, Document, Entry, NodeId, Origin};
use super::keys;

/// The kinds of values, as JSON names them (integers and other numbers apart).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// null
    Null,
    /// true, false
    Bool,
    /// int64
    Int,
    /// any other number
    Float,
    /// string
    String,
    /// list
    Sequence,
    /// mapping
    Mapping,
}

/// A value in a document: what checks read. Copy it freely.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    document: &'a Document,
    id: NodeId,
}

impl<'a> Value<'a> {
    #[inline]
    pub(super) fn new(document: &'a Document, id: NodeId) -> Self {
        Self { document, id }
    }

    pub(crate) fn data(self) -> &'a Data {
        self.document.node(self.id).map_or(&Data::Null, |node| &node.data)
    }

    /// The document it lies in.
    #[must_use]
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// Its node.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.data() {
            Data::Null => Kind::Null,
            Data::Bool(_) => Kind::Bool,
            Data::Int(_) => Kind::Int,
            Data::Float(_) => Kind::Float,
            Data::String(_) => Kind::String,
            Data::Sequence(_) => Kind::Sequence,
            Data::Mapping(..) => Kind::Mapping,
        }
    }

    /// Where it comes from.
    #[must_use]
    pub fn origin(self) -> Origin {
        self.document.node(self.id).map_or(Origin::Unknown, |node| node.origin)
    }

    /// It is a scalar without quotes, block style or tag.
    #[must_use]
    pub fn is_plain(self) -> bool {
        self.document.node(self.id).is_some_and(|node| node.plain)
    }

    /// It is null.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// It is neither a list nor a mapping.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        self.data().is_scalar()
    }

    /// The text of a string.
    #[must_use]
    #[inline(never)]
    pub fn as_str(self) -> Option<&'a str> {
        match self.data() {
            Data::String(text) => Some(self.document.text_of(text)),
            _ => None,
        }
    }

    /// An integer.
    #[must_use]
    #[inline(never)]
    pub fn as_int(self) -> Option<i64> {
        match self.data() {
            Data::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// Any number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a float view of an integer is what the caller asked for")]
    pub fn as_float(self) -> Option<f64> {
        match self.data() {
            Data::Int(value) => Some(*value as f64),
            Data::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// A boolean.
    #[must_use]
    #[inline(never)]
    pub fn as_bool(self) -> Option<bool> {
        match self.data() {
            Data::Bool(value) => Some(*value),
            _ => None,
        }
    }

    #[inline(never)]
    pub(crate) fn raw_entries(self) -> &'a [Entry] {
        match self.data() {
            Data::Mapping(range, _) => {
                self.document.entries.get(range.start as usize..range.end as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    #[inline(never)]
    pub(crate) fn raw_items(self) -> &'a [NodeId] {
        match self.data() {
            Data::Sequence(range) => {
                self.document.items.get(range.start as usize..range.end as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// The pairs of a mapping in document order: key, where the key stands, value. Empty for anything else.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (&'a str, Origin, Value<'a>)> {
        self.raw_entries()
            .iter()
            .map(move |e| (self.document.text_of(&e.key), e.key_origin, self.document.value(e.value)))
    }

    /// The items of a list. Empty for anything else.
    #[inline]
    pub fn items(self) -> impl ExactSizeIterator<Item = Value<'a>> {
        self.raw_items().iter().map(move |id| self.document.value(*id))
    }

    #[inline]
    fn entry(self, key: &str) -> Option<&'a Entry> {
        self.find(key, keys::hash(key.as_bytes()))
    }

    /// Most keys that are asked for are not there, so that the search is apart from this.
    #[inline(never)]
    fn find(self, key: &str, hash: u8) -> Option<&'a Entry> {
        match self.data() {
            Data::Mapping(range, keys) if keys.may_have(hash) => self.document.search(range, key, hash),
            _ => None,
        }
    }

    /// The text at a key: `get(key)?.as_str()`.
    #[must_use]
    #[inline]
    pub fn str_at(self, key: &str) -> Option<&'a str> {
        self.find_str(key, keys::hash(key.as_bytes()))
    }

    #[inline(never)]
    fn find_str(self, key: &str, hash: u8) -> Option<&'a str> {
        self.document.value(self.find(key, hash)?.value).as_str()
    }

    /// The items of the list at a key; none where there is no list.
    #[inline]
    pub fn items_at(self, key: &str) -> impl ExactSizeIterator<Item = Value<'a>> {
        self.find_items(key, keys::hash(key.as_bytes())).iter().map(move |id| self.document.value(*id))
    }

    #[inline(never)]
    fn find_items(self, key: &str, hash: u8) -> &'a [NodeId] {
        self.find(key, hash).map(|entry| self.document.value(entry.value).raw_items()).unwrap_or_default()
    }

    /// An item of a list.
    #[must_use]
    pub fn item(self, index: usize) -> Option<Value<'a>> {
        self.raw_items().get(index).map(|id| self.document.value(*id))
    }

    /// The value of a key in a mapping.
    #[must_use]
    #[inline]
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        self.entry(key).map(|entry| self.document.value(entry.value))
    }

    /// The key's own origin and its value.
    #[must_use]
    pub fn get_entry(self, key: &str) -> Option<(Origin, Value<'a>)> {
        self.entry(key).map(|entry| (entry.key_origin, self.document.value(entry.value)))
    }

    /// The value along a chain of keys.
    #[must_use]
    pub fn path(self, keys: &[&str]) -> Option<Value<'a>> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// Equal as JSON values: key order does not count, integer and float are apart. This is the equality of pairing.
    #[must_use]
    pub fn same(self, other: Value<'_>) -> bool {
        match (self.data(), other.data()) {
            _ if self.id == other.id && std::ptr::eq(self.document, other.document) => true,
            (Data::Null, Data::Null) => true,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Int(a), Data::Int(b)) => a == b,
            (Data::Float(a), Data::Float(b)) => a.to_bits() == b.to_bits(),
            (Data::String(_), Data::String(_)) => self.as_str() == other.as_str(),
            (Data::Sequence(a), Data::Sequence(b)) => {
                a.len() == b.len() && self.items().zip(other.items()).all(|(x, y)| x.same(y))
            }
            (Data::Mapping(a, _), Data::Mapping(b, _)) => a.len() == b.len() && self.same_mapping(other),
            _ => false,
        }
    }

    fn same_mapping(self, other: Value<'_>) -> bool {
        // In the usual edit the keys keep their order; only where they do not is a look-up table worth its cost.
        if self.entries().zip(other.entries()).all(|((a, ..), (b, ..))| a == b) {
            return self.entries().zip(other.entries()).all(|((_, _, a), (_, _, b))| a.same(b));
        }
        let theirs: std::collections::HashMap<&str, Value<'_>> = other.entries().map(|(k, _, v)| (k, v)).collect();
        self.entries().all(|(key, _, value)| theirs.get(key).is_some_and(|v| value.same(*v)))
    }

    /// As JSON. Recursion is bounded by [`super::limits::DEPTH`], the size by go-yaml's limit on aliases.
    #[must_use]
    pub fn to_json(self) -> serde_json::Value {
        match self.data() {
            Data::Null => serde_json::Value::Null,
            Data::Bool(b) => (*b).into(),
            Data::Int(i) => (*i).into(),
            Data::Float(f) => (*f).into(),
            Data::String(_) => self.as_str().into(),
            Data::Sequence(_) => self.items().map(Value::to_json).collect(),
            Data::Mapping(..) => self.entries().map(|(k, _, v)| (k.to_owned(), v.to_json())).collect(),
        }
    }
}

/// Writes the value as JSON without building it first.
impl serde::Serialize for Value<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.data() {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(b) => serializer.serialize_bool(*b),
            Data::Int(i) => serializer.serialize_i64(*i),
            Data::Float(f) => serializer.serialize_f64(*f),
            Data::String(text) => serializer.serialize_str(self.document.text_of(text)),
            Data::Sequence(_) => serializer.collect_seq(self.items()),
            Data::Mapping(..) => serializer.collect_map(self.entries().map(|(key, _, value)| (key, value))),
        }
    }
}
