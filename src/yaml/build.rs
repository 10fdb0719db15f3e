//! Values in the order of the text → the arena. Both readers (YAML, JSON) build with this; nothing here recurses.

use std::sync::Arc;

use super::Dialect;
use super::document::{
    Data, DialectDifference, Document, DuplicateKey, Entry, Keys, Node, NodeId, Origin, SourceId, Text,
};
use super::keys;
use super::mapping::Pending;
use super::resolve::KeyKind;
use crate::source::{Source, Span};

/// A key that waits for its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) text: Text,
    pub(super) span: Span,
    pub(super) kind: KeyKind,
}

/// An open sequence or mapping.
#[derive(Debug)]
struct Frame {
    node: NodeId,
    is_mapping: bool,
    /// Where its children begin among the pending ones.
    first: usize,
    key: Option<Key>,
    /// It has a merge key.
    merges: bool,
}

/// The arena while it grows.
#[derive(Debug)]
pub(super) struct Builder<'t> {
    pub(super) dialect: Dialect,
    /// The whole text of the source.
    pub(super) source: &'t str,
    pub(super) nodes: Vec<Node>,
    pub(super) items: Vec<NodeId>,
    pub(super) entries: Vec<Entry>,
    pub(super) strings: Vec<std::sync::Arc<str>>,
    pub(super) duplicates: Vec<DuplicateKey>,
    pub(super) differences: Vec<DialectDifference>,
    pub(super) may_differ: bool,
    pending_items: Vec<NodeId>,
    pub(super) pending: Vec<Pending>,
    frames: Vec<Frame>,
    root: Option<NodeId>,
}

impl<'t> Builder<'t> {
    /// A builder for about `bytes` of the source: manifests have a node for every 20 bytes or so.
    pub(super) fn new(dialect: Dialect, source: &'t str, bytes: usize) -> Self {
        let nodes = (bytes / 20).min(1 << 16);
        Self {
            dialect,
            source,
            nodes: Vec::with_capacity(nodes),
            items: Vec::new(),
            entries: Vec::with_capacity(nodes),
            strings: Vec::new(),
            duplicates: Vec::new(),
            differences: Vec::new(),
            may_differ: false,
            pending_items: Vec::new(),
            pending: Vec::with_capacity(16),
            frames: Vec::with_capacity(8),
            root: None,
        }
    }

    /// How many collections are open.
    pub(super) fn depth(&self) -> u32 {
        index(self.frames.len())
    }

    /// The innermost open collection is a mapping.
    pub(super) fn in_mapping(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_mapping)
    }

    /// The next value is a key.
    pub(super) fn wants_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_mapping && frame.key.is_none())
    }

    /// The text of a string.
    pub(super) fn text(&self, text: &Text) -> &str {
        match text {
            Text::Slice(span) => self.source.get(span.range()).unwrap_or_default(),
            Text::Owned(index) => self.strings.get(*index as usize).map_or("", |s| s),
        }
    }

    /// Keep a string: as a slice of the source where its bytes stand right before `end`, else a copy.
    pub(super) fn keep(&mut self, value: &str, end: usize) -> Text {
        if let Some(start) = end.checked_sub(value.len())
            && let Some(bytes) = self.source.as_bytes().get(start..end)
            && (std::ptr::eq(bytes, value.as_bytes()) || bytes == value.as_bytes())
        {
            return Text::Slice(Span::new(start, end));
        }
        self.own(value)
    }

    /// Keep a copy of a string.
    pub(super) fn own(&mut self, value: &str) -> Text {
        self.strings.push(value.into());
        Text::Owned(index(self.strings.len() - 1))
    }

    /// The key of the next value.
    pub(super) fn key(&mut self, key: Key) {
        if let Some(frame) = self.frames.last_mut() {
            frame.merges |= key.kind == KeyKind::Merge;
            self.may_differ |= frame.merges;
            frame.key = Some(key);
        }
    }

    /// A scalar.
    pub(super) fn scalar(&mut self, data: Data, span: Span, plain: bool) -> NodeId {
        let node = self.node(data, span, plain);
        self.attach(node);
        node
    }

    /// A node that stands nowhere yet.
    pub(super) fn loose(&mut self, data: Data, span: Span, plain: bool) -> NodeId {
        self.node(data, span, plain)
    }

    /// The beginning of a sequence or a mapping.
    pub(super) fn open(&mut self, is_mapping: bool, span: Span) -> NodeId {
        let node = self.node(Data::Null, span, false);
        let first = if is_mapping { self.pending.len() } else { self.pending_items.len() };
        self.frames.push(Frame { node, is_mapping, first, key: None, merges: false });
        node
    }

    /// The end of the innermost open collection, at byte `end`. The error says why its merge keys cannot be merged.
    pub(super) fn close(&mut self, end: u32) -> Result<(), (Span, &'static str)> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let data = if frame.is_mapping {
            let range = self.mapping(frame.node, frame.first, frame.merges)?;
            let entries = self.entries.get(range.start as usize..range.end as usize).unwrap_or_default();
            Data::Mapping(range, Keys::of(entries))
        } else {
            let start = index(self.items.len());
            self.items.extend(self.pending_items.drain(frame.first..));
            Data::Sequence(start..index(self.items.len()))
        };
        if let Some(node) = self.nodes.get_mut(frame.node.0 as usize) {
            node.data = data;
            if let Origin::Source { span, .. } = &mut node.origin {
                span.end = end.max(span.start);
            }
        }
        self.attach(frame.node);
        Ok(())
    }

    /// Put a node where the next value goes.
    pub(super) fn attach(&mut self, node: NodeId) {
        match self.frames.last_mut() {
            None => self.root = Some(node),
            Some(frame) if !frame.is_mapping => self.pending_items.push(node),
            Some(frame) => {
                if let Some(key) = frame.key.take() {
                    let hash = keys::hash(self.text(&key.text).as_bytes());
                    self.pending.push(Pending::new(key, hash, node));
                }
            }
        }
    }

    fn node(&mut self, data: Data, span: Span, plain: bool) -> NodeId {
        self.nodes.push(Node { data, origin: Origin::Source { source: SourceId(0), span }, plain });
        NodeId(index(self.nodes.len() - 1))
    }

    /// The finished document; null if nothing was read.
    pub(super) fn finish(mut self, source: &Arc<Source>, span: Span, index: u32) -> Document {
        let root = self.root.unwrap_or_else(|| self.node(Data::Null, Span { start: span.end, end: span.end }, true));
        tighten(&mut self.nodes);
        tighten(&mut self.items);
        tighten(&mut self.entries);
        Document {
            sources: vec![Arc::clone(source)],
            span,
            index,
            dialect: self.dialect,
            duplicates: self.duplicates,
            differences: self.differences,
            may_differ: self.may_differ,
            chains: Vec::new(),
            nodes: self.nodes,
            items: self.items,
            entries: self.entries,
            strings: self.strings,
            root,
        }
    }
}

/// Indices fit: a node takes at least one byte of a file far below 4 GiB, and an alias makes none.
pub(super) fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Give back what a table has too much of. Allocators may leave a block as it is that only shrinks; a copy is as large as
/// it must be, and a file may hold 100,000 documents.
fn tighten<T: Clone>(table: &mut Vec<T>) {
    if table.capacity() > table.len() + table.len() / 8 {
        *table = table.as_slice().to_vec();
    }
}
