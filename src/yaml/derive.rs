//! A document made from another: the same values, less what is left out and with what is added, each with its origin.

use std::sync::Arc;

use super::document::{Data, Document, Entry, Keys, Node, NodeId, Origin, Text};
use super::keys;
use super::value::Value;

/// Builds a document that shares the sources of another one. Nodes are made before their content is known, so that a
/// child can name its parent.
#[derive(Debug)]
pub struct Deriver<'a> {
    raw: &'a Document,
    nodes: Vec<Node>,
    items: Vec<NodeId>,
    entries: Vec<Entry>,
    strings: Vec<Arc<str>>,
    pending_items: Vec<NodeId>,
    pending_entries: Vec<Entry>,
}

impl<'a> Deriver<'a> {
    /// A builder of about as many nodes as `raw` has.
    #[must_use]
    pub fn new(raw: &'a Document) -> Self {
        let (nodes, entries) = (raw.nodes.len() + 32, raw.entries.len() + 32);
        Self {
            raw,
            nodes: Vec::with_capacity(nodes),
            items: Vec::with_capacity(raw.items.len() + 8),
            entries: Vec::with_capacity(entries),
            strings: Vec::with_capacity(raw.strings.len() + 32),
            pending_items: Vec::with_capacity(8),
            pending_entries: Vec::with_capacity(32),
        }
    }

    /// A node whose data comes later; null until then.
    pub fn node(&mut self, origin: Origin) -> NodeId {
        self.nodes.push(Node { data: Data::Null, origin, plain: false });
        NodeId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Give a node its data.
    pub fn set(&mut self, node: NodeId, data: Data) {
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.data = data;
        }
    }

    /// The same scalar as one of the raw document's.
    #[inline]
    pub fn set_scalar_of(&mut self, node: NodeId, raw: Value<'_>) {
        let data = match raw.data() {
            Data::String(text) => Data::String(self.text_of(text)),
            Data::Sequence(_) | Data::Mapping(..) => Data::Null,
            scalar => scalar.clone(),
        };
        let plain = raw.is_plain();
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.data = data;
            node.plain = plain;
        }
    }

    /// A text of the raw document.
    #[inline]
    pub fn text_of(&mut self, raw: &Text) -> Text {
        match raw {
            Text::Slice(span) => Text::Slice(*span),
            Text::Owned(index) => match self.raw.strings.get(*index as usize) {
                Some(text) => self.share(Arc::clone(text)),
                None => self.own(""),
            },
        }
    }

    /// A text that no source has.
    pub fn own(&mut self, text: &str) -> Text {
        self.share(text.into())
    }

    /// A text that is there already.
    pub fn share(&mut self, text: Arc<str>) -> Text {
        self.strings.push(text);
        Text::Owned(u32::try_from(self.strings.len() - 1).unwrap_or(u32::MAX))
    }

    /// What a text says.
    #[must_use]
    pub fn str(&self, text: &Text) -> &str {
        match text {
            Text::Slice(span) => self.raw.source().text.get(span.range()).unwrap_or_default(),
            Text::Owned(index) => self.strings.get(*index as usize).map_or("", |text| text),
        }
    }

    /// How many items and entries wait for their collection: what [`Self::list`] and [`Self::mapping`] take.
    #[must_use]
    pub fn mark(&self) -> (usize, usize) {
        (self.pending_items.len(), self.pending_entries.len())
    }

    /// An item of the collection that is built.
    pub fn item(&mut self, node: NodeId) {
        self.pending_items.push(node);
    }

    /// An entry of the collection that is built.
    pub fn entry(&mut self, key: Text, key_origin: Origin, value: NodeId) {
        let hash = keys::hash(self.str(&key).as_bytes());
        self.push(Entry { key, key_origin, value, hash });
    }

    /// The same where the hash of the key is known.
    #[inline]
    pub fn push(&mut self, entry: Entry) {
        self.pending_entries.push(entry);
    }

    /// The entries of the mapping that is built, which began at `mark`.
    #[must_use]
    pub fn pending(&self, mark: (usize, usize)) -> &[Entry] {
        self.pending_entries.get(mark.1..).unwrap_or_default()
    }

    /// Take nothing of what was built since `mark`.
    pub fn forget(&mut self, mark: (usize, usize)) {
        self.pending_items.truncate(mark.0);
        self.pending_entries.truncate(mark.1);
    }

    /// Make a node the list of the items since `mark`.
    pub fn list(&mut self, node: NodeId, mark: (usize, usize)) {
        let first = index(self.items.len());
        self.items.extend_from_slice(self.pending_items.get(mark.0..).unwrap_or_default());
        self.pending_items.truncate(mark.0);
        self.set(node, Data::Sequence(first..index(self.items.len())));
    }

    /// Make a node the mapping of the entries since `mark`.
    pub fn mapping(&mut self, node: NodeId, mark: (usize, usize)) {
        let first = index(self.entries.len());
        let keys = Keys::of(self.pending(mark));
        self.entries.extend_from_slice(self.pending_entries.get(mark.1..).unwrap_or_default());
        self.pending_entries.truncate(mark.1);
        self.set(node, Data::Mapping(first..index(self.entries.len()), keys));
    }

    /// The document, whose root is `root`.
    #[must_use]
    pub fn finish(self, root: NodeId) -> Document {
        Document {
            sources: self.raw.sources.clone(),
            span: self.raw.span,
            index: self.raw.index,
            dialect: self.raw.dialect,
            duplicates: Vec::new(),
            differences: Vec::new(),
            may_differ: false,
            chains: self.raw.chains.clone(),
            nodes: self.nodes,
            items: self.items,
            entries: self.entries,
            strings: self.strings,
            root,
        }
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
