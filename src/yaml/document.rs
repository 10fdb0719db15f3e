//! The arena of one YAML document.
//!
//! Aliases share nodes: an alias is the same [`NodeId`] as its anchor, so an alias bomb costs no memory here, and the
//! composer bounds how far an expansion may grow (go-yaml's limit), so that a walk of the values is bounded too. Readers use the view, [`Value`], never the arena.

use std::ops::Range;
use std::sync::Arc;

use super::{Value, keys};
use crate::source::{Source, Span};

/// Index of a node in its document's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Index into a document's [`Document::sources`]. 0 is the file that holds the document; rendered documents have more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The bytes that say it.
    Source {
        /// Which of the document's sources.
        source: SourceId,
        /// The value's bytes; quotes and block headers included.
        span: Span,
    },
    /// A default that the server fills in.
    Default,
    /// Made by a renderer: an index into [`Document::chains`].
    Rendered(u32),
    /// Not known: there is no such value.
    Unknown,
}

/// What a node holds. Numbers are as kubectl's last step leaves them: int64 where the JSON text fits, else float64.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// null.
    Null,
    /// true or false.
    Bool(bool),
    /// An integer that fits int64.
    Int(i64),
    /// Any other finite number.
    Float(f64),
    /// A string.
    String(Text),
    /// A list: a range in the document's item table.
    Sequence(Range<u32>),
    /// A mapping: a range in the document's entry table, in the order of the document, merge keys expanded, and of
    /// several equal keys the one that counts; and which keys it may have.
    Mapping(Range<u32>, Keys),
}

/// Which keys a mapping may have, as bits of their hashes: most that are asked for are not there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keys(u32);

impl Keys {
    pub(super) fn of(entries: &[Entry]) -> Self {
        Self(entries.iter().fold(0, |bits, entry| bits | Self::bit(entry.hash)))
    }

    #[inline]
    pub(super) fn may_have(self, hash: u8) -> bool {
        self.0 & Self::bit(hash) > 0
    }

    #[inline]
    fn bit(hash: u8) -> u32 {
        1 << (hash & 31)
    }
}

impl Data {
    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self, Self::Sequence(_) | Self::Mapping(..))
    }
}

/// A string of the arena: borrowed from the first source, or kept beside it where the text differs from the bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Text {
    /// The bytes of `sources[0]`, unchanged.
    Slice(Span),
    /// Index into the document's own strings.
    Owned(u32),
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it holds.
    pub data: Data,
    /// Where it comes from.
    pub origin: Origin,
    /// A scalar without quotes, block style or tag, so that its meaning depends on the dialect.
    pub plain: bool,
}

/// One pair of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The key after it became a string.
    pub key: Text,
    /// Where the key stands.
    pub key_origin: Origin,
    /// Its value.
    pub value: NodeId,
    /// [`keys::hash`] of the key.
    pub(crate) hash: u8,
}

/// Two keys of one mapping that are the same to the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The mapping.
    pub mapping: NodeId,
    /// The key as a string.
    pub key: String,
    /// The earlier key.
    pub first: Span,
    /// The later key, which wins.
    pub second: Span,
    /// The keys differ in YAML and only their strings collide (`1:` and `"1":`), so that the winner is random in Go.
    pub collision: bool,
}

/// A key or a value that kubectl and kustomize read differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialectDifference {
    /// The scalar's bytes.
    pub span: Span,
    /// It is a key.
    pub is_key: bool,
    /// What kubectl reads, as JSON.
    pub kubectl: String,
    /// What kustomize reads, as JSON, or why it refuses.
    pub kustomize: String,
}

/// One YAML document (or JSON value): nodes, strings, and what the reader noticed.
#[derive(Clone, Debug)]
pub struct Document {
    /// The sources its origins speak of; `sources[0]` is the file that holds it.
    pub sources: Vec<Arc<Source>>,
    /// The document's bytes in `sources[0]`, its comments included.
    pub span: Span,
    /// Position among the documents of the file, null ones counted, from 0.
    pub index: u32,
    /// The reading that produced it.
    pub dialect: super::Dialect,
    /// Duplicate keys, in document order.
    pub duplicates: Vec<DuplicateKey>,
    /// Scalars that the other dialect reads otherwise, in document order. Filled by the kubectl reading only.
    pub differences: Vec<DialectDifference>,
    /// The other dialect may read something differently: without it, nobody has to ask.
    pub may_differ: bool,
    /// For every rendered origin: the values that made it, last first.
    pub chains: Vec<Vec<(SourceId, Span)>>,
    pub(super) nodes: Vec<Node>,
    pub(super) items: Vec<NodeId>,
    pub(super) entries: Vec<Entry>,
    pub(super) strings: Vec<std::sync::Arc<str>>,
    pub(super) root: NodeId,
}

impl Document {
    /// The document's value.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        self.value(self.root)
    }

    /// The view of one node.
    #[must_use]
    #[inline]
    pub fn value(&self, id: NodeId) -> Value<'_> {
        Value::new(self, id)
    }

    /// The bytes of strings that are quoted or blocks: a `#` inside one begins no comment.
    pub fn quoted_scalars(&self) -> impl Iterator<Item = Span> {
        self.nodes.iter().filter(|node| !node.plain && matches!(node.data, Data::String(_))).filter_map(|node| {
            match node.origin {
                Origin::Source { source: SourceId(0), span } => Some(span),
                _ => None,
            }
        })
    }

    /// The file that holds the document.
    ///
    /// # Panics
    /// Never: a document is built with its own source.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a document is only ever built with its own source")]
    pub fn source(&self) -> &Arc<Source> {
        &self.sources[0]
    }

    /// Give a scalar the value that something puts in its place; where it stands remains. Lists and mappings stay.
    pub fn set_scalar(&mut self, id: NodeId, value: &serde_json::Value) {
        let data = match value {
            serde_json::Value::Null => Data::Null,
            serde_json::Value::Bool(bool) => Data::Bool(*bool),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Data::Int(int),
                (None, Some(float)) => Data::Float(float),
                (None, None) => return,
            },
            serde_json::Value::String(text) => {
                let index = u32::try_from(self.strings.len()).unwrap_or(u32::MAX);
                self.strings.push(text.as_str().into());
                Data::String(Text::Owned(index))
            }
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => return,
        };
        if let Some(node) = self.nodes.get_mut(id.0 as usize).filter(|node| node.data.is_scalar()) {
            node.data = data;
        }
    }

    /// Give a mapping one more entry, with the origin "default". `made` is told the parent of every node, in the order
    /// in which nodes are made, and the key or the index by which it hangs there.
    pub(crate) fn add(
        &mut self,
        mapping: NodeId,
        key: &str,
        value: &serde_json::Value,
        made: &mut dyn FnMut(NodeId, Result<Text, u32>),
    ) {
        let Some(Data::Mapping(range, _)) = self.node(mapping).map(|node| node.data.clone()) else { return };
        let hash = keys::hash(key.as_bytes());
        let key = self.own(key);
        let child = self.grow(mapping, Ok(key), value, made);
        let mut entries = self.entries.get(range.start as usize..range.end as usize).unwrap_or_default().to_vec();
        entries.push(Entry { key, key_origin: Origin::Default, value: child, hash });
        self.set_mapping(mapping, entries);
    }

    fn grow(
        &mut self,
        parent: NodeId,
        step: Result<Text, u32>,
        value: &serde_json::Value,
        made: &mut dyn FnMut(NodeId, Result<Text, u32>),
    ) -> NodeId {
        self.nodes.push(Node { data: Data::Null, origin: Origin::Default, plain: false });
        let node = NodeId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX));
        made(parent, step);
        match value {
            serde_json::Value::Array(items) => {
                let items: Vec<NodeId> =
                    (0_u32..).zip(items).map(|(index, item)| self.grow(node, Err(index), item, made)).collect();
                let first = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
                self.items.extend(items);
                let end = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
                if let Some(node) = self.nodes.get_mut(node.0 as usize) {
                    node.data = Data::Sequence(first..end);
                }
            }
            serde_json::Value::Object(fields) => {
                let mut entries = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    let hash = keys::hash(key.as_bytes());
                    let key = self.own(key);
                    let value = self.grow(node, Ok(key), value, made);
                    entries.push(Entry { key, key_origin: Origin::Default, value, hash });
                }
                self.set_mapping(node, entries);
            }
            scalar => self.set_scalar(node, scalar),
        }
        node
    }

    fn set_mapping(&mut self, node: NodeId, entries: Vec<Entry>) {
        let first = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let keys = Keys::of(&entries);
        self.entries.extend(entries);
        let end = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.data = Data::Mapping(first..end, keys);
        }
    }

    fn own(&mut self, text: &str) -> Text {
        self.strings.push(text.into());
        Text::Owned(u32::try_from(self.strings.len() - 1).unwrap_or(u32::MAX))
    }

    /// What a text says.
    #[inline(never)]
    pub(crate) fn text_of<'a>(&'a self, text: &Text) -> &'a str {
        match text {
            Text::Slice(span) => self.sources.first().and_then(|s| s.text.get(span.range())).unwrap_or_default(),
            Text::Owned(index) => self.strings.get(*index as usize).map_or("", |s| s),
        }
    }

    /// The bytes of a text: to compare them nobody has to ask where characters begin.
    #[inline]
    pub(crate) fn bytes_of<'a>(&'a self, text: &Text) -> &'a [u8] {
        match text {
            Text::Slice(span) => {
                self.sources.first().and_then(|s| s.text.as_bytes().get(span.range())).unwrap_or_default()
            }
            Text::Owned(index) => self.strings.get(*index as usize).map_or(&[], |s| s.as_bytes()),
        }
    }

    /// The entry of a key, whose [`keys::hash`] is known, among those of a mapping.
    #[inline(never)]
    pub(super) fn search(&self, range: &Range<u32>, key: &str, hash: u8) -> Option<&Entry> {
        let entries = self.entries.get(range.start as usize..range.end as usize)?;
        entries.iter().find(|entry| entry.hash == hash && keys::same(self.bytes_of(&entry.key), key.as_bytes()))
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }
}
