//! Structural schemas of CRDs in one byte buffer: what a CRD of the repository is compiled into, and what a catalogue file
//! holds for thousands of them.
//!
//! Equal nodes and equal texts are there once. Nodes and texts are addressed by their offset in their section, children
//! stand before their parents, and nothing is decoded before somebody asks for it. The layout is told where it is written,
//! in `build`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use super::node::Node;
use super::pattern::Pattern;

pub(super) const MAGIC: [u8; 8] = *b"pc-crds\x02";
pub(super) const HEADER: usize = MAGIC.len() + 16;
pub(super) const KIND: usize = 13;
/// A JSON Schema: the offsets of its path and of its value.
pub(super) const DOCUMENT: usize = 6;

/// Bits of a kind's flags.
pub(super) const NAMESPACED: u8 = 1;
pub(super) const PRESERVES: u8 = 2;
pub(super) const WEBHOOK: u8 = 4;

/// Bits of a version's flags.
pub(super) const SERVED: u8 = 1;
pub(super) const DEPRECATED: u8 = 2;
pub(super) const STATUS: u8 = 4;
pub(super) const SCALE: u8 = 8;
pub(super) const STORED: u8 = 16;

/// Compiled CRDs.
#[derive(Default)]
pub struct Pack {
    bytes: Cow<'static, [u8]>,
    strings: Range<usize>,
    nodes: Range<usize>,
    kinds: Range<usize>,
    documents: Range<usize>,
    /// Regular expressions that were needed so far, by the offset of their text.
    patterns: RwLock<HashMap<u32, Option<Arc<Pattern>>>>,
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Pack {
    /// The CRDs of a buffer that a [`Builder`](super::build::Builder) wrote. None for anything else.
    #[must_use]
    pub fn open(bytes: Cow<'static, [u8]>) -> Option<Self> {
        if bytes.get(..MAGIC.len())? != MAGIC {
            return None;
        }
        let length = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
        let (strings, nodes, kinds, documents) = (length(8)?, length(12)?, length(16)?, length(20)?);
        let first = HEADER.checked_add(strings)?;
        let second = first.checked_add(nodes)?;
        let third = second.checked_add(kinds)?;
        let end = third.checked_add(documents)?;
        if end != bytes.len() || kinds % KIND != 0 || documents % DOCUMENT != 0 {
            return None;
        }
        Some(Self {
            bytes,
            strings: HEADER..first,
            nodes: first..second,
            kinds: second..third,
            documents: third..end,
            patterns: RwLock::default(),
        })
    }

    /// The buffer, as a catalogue file holds it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its kinds, sorted by group and name.
    pub fn kinds(&self) -> impl ExactSizeIterator<Item = Kind<'_>> {
        (0..self.kinds.len() / KIND).map(|index| Kind { pack: self, at: self.kinds.start + index * KIND })
    }

    /// The kind of a group and a name.
    #[must_use]
    pub fn kind(&self, group: &str, kind: &str) -> Option<Kind<'_>> {
        let (mut low, mut high) = (0, self.kinds.len() / KIND);
        while low < high {
            let middle = usize::midpoint(low, high);
            let found = Kind { pack: self, at: self.kinds.start + middle * KIND };
            match (found.group(), found.name()).cmp(&(group, kind)) {
                std::cmp::Ordering::Equal => return Some(found),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    pub(super) fn count_documents(&self) -> usize {
        self.documents.len() / DOCUMENT
    }

    /// The path and the value of a JSON Schema.
    pub(super) fn document(&self, index: usize) -> (u32, u32) {
        let mut cursor = Cursor { bytes: &self.bytes, at: self.documents.start + index * DOCUMENT };
        (cursor.offset(), cursor.offset())
    }

    /// A text. Empty for an offset where none begins.
    pub(super) fn text(&self, at: u32) -> &str {
        let section = self.bytes.get(self.strings.clone()).unwrap_or_default();
        let mut cursor = Cursor { bytes: section, at: at as usize };
        let length = usize::try_from(cursor.number()).unwrap_or(usize::MAX);
        let bytes = cursor.at.checked_add(length).and_then(|end| section.get(cursor.at..end)).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }

    /// The bytes of nodes and versions, from an offset on.
    pub(super) fn at(&self, at: u32) -> Cursor<'_> {
        Cursor { bytes: self.bytes.get(self.nodes.clone()).unwrap_or_default(), at: at as usize }
    }

    /// A regular expression; none when the text at that offset is not one.
    pub(super) fn pattern(&self, at: u32) -> Option<Arc<Pattern>> {
        if let Some(known) = self.patterns.read().unwrap_or_else(PoisonError::into_inner).get(&at) {
            return known.clone();
        }
        let compiled = Pattern::compile(self.text(at)).ok().map(Arc::new);
        self.patterns.write().unwrap_or_else(PoisonError::into_inner).entry(at).or_insert(compiled).clone()
    }
}

/// Reads numbers from bytes. What lies beyond the end is zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'p> {
    pub(super) bytes: &'p [u8],
    pub(super) at: usize,
}

impl Cursor<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at = self.at.saturating_add(1);
        byte
    }

    /// Three bytes: an offset.
    pub(super) fn offset(&mut self) -> u32 {
        let bytes = self.at.checked_add(3).and_then(|end| self.bytes.get(self.at..end)).unwrap_or_default();
        self.at = self.at.saturating_add(3);
        match bytes {
            [a, b, c] => u32::from_le_bytes([*a, *b, *c, 0]),
            _ => 0,
        }
    }

    /// Seven bits a byte, low ones first.
    pub(super) fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    pub(super) fn count(&mut self) -> usize {
        usize::try_from(self.number()).unwrap_or(usize::MAX).min(self.bytes.len())
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> [u8; N] {
        let bytes = self.at.checked_add(N).and_then(|end| self.bytes.get(self.at..end));
        self.at = self.at.saturating_add(N);
        bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }
}

/// What a CRD says beside its schemas.
#[derive(Clone, Copy)]
pub struct Kind<'p> {
    pack: &'p Pack,
    at: usize,
}

impl fmt::Debug for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({}/{})", self.group(), self.name())
    }
}

impl<'p> Kind<'p> {
    fn cursor(self) -> Cursor<'p> {
        Cursor { bytes: &self.pack.bytes, at: self.at }
    }

    /// `source.toolkit.fluxcd.io`
    #[must_use]
    pub fn group(self) -> &'p str {
        self.pack.text(self.cursor().offset())
    }

    /// `GitRepository`
    #[must_use]
    pub fn name(self) -> &'p str {
        let mut cursor = self.cursor();
        cursor.skip(3);
        self.pack.text(cursor.offset())
    }

    /// `gitrepositories`
    #[must_use]
    pub fn plural(self) -> &'p str {
        let mut cursor = self.cursor();
        cursor.skip(6);
        self.pack.text(cursor.offset())
    }

    fn flag(self, bit: u8) -> bool {
        let mut cursor = self.cursor();
        cursor.skip(9);
        cursor.byte() & bit > 0
    }

    /// Its objects have a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        self.flag(NAMESPACED)
    }

    /// `spec.preserveUnknownFields`: nothing is pruned.
    #[must_use]
    pub fn preserves_unknown_fields(self) -> bool {
        self.flag(PRESERVES)
    }

    /// Its versions, in the order of the CRD.
    pub fn versions(self) -> impl Iterator<Item = Version<'p>> {
        let mut cursor = self.cursor();
        cursor.skip(10);
        let mut cursor = self.pack.at(cursor.offset());
        (0..cursor.count()).map(move |_| {
            let (name, flags, root) = (cursor.offset(), cursor.byte(), cursor.offset());
            let warning = if flags & DEPRECATED > 0 { cursor.offset() } else { 0 };
            let scale = (flags & SCALE > 0).then(|| [cursor.offset(), cursor.offset(), cursor.offset()]);
            Version { kind: self, name, flags, root, warning, scale }
        })
    }

    /// The version that objects of all versions are stored in, as they are. What a webhook makes of them is not known.
    #[must_use]
    pub fn stored(self) -> Option<Version<'p>> {
        self.versions().find(|version| version.flags & STORED > 0).filter(|_| !self.flag(WEBHOOK))
    }

    /// A version by its name.
    #[must_use]
    pub fn version(self, name: &str) -> Option<Version<'p>> {
        self.versions().find(|version| version.name() == name)
    }
}

/// One version of a CRD.
#[derive(Clone, Copy, Debug)]
pub struct Version<'p> {
    kind: Kind<'p>,
    name: u32,
    flags: u8,
    root: u32,
    warning: u32,
    scale: Option<[u32; 3]>,
}

/// The paths of the scale subresource, each with its dot in front.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'p> {
    /// `.spec.replicas`
    pub spec_replicas: &'p str,
    /// `.status.replicas`
    pub status_replicas: &'p str,
    /// `.status.selector`; empty where there is none.
    pub label_selector: &'p str,
}

impl<'p> Version<'p> {
    /// Its kind.
    #[must_use]
    pub fn kind(self) -> Kind<'p> {
        self.kind
    }

    /// `v1`
    #[must_use]
    pub fn name(self) -> &'p str {
        self.kind.pack.text(self.name)
    }

    /// Both are the same version of the same CRDs.
    #[must_use]
    pub fn same(self, other: Version<'_>) -> bool {
        let (one, two) = (self.kind.pack.bytes(), other.kind.pack.bytes());
        self.name() == other.name() && (std::ptr::eq(one, two) || one == two)
    }

    /// The server serves it.
    #[must_use]
    pub fn is_served(self) -> bool {
        self.flags & SERVED > 0
    }

    /// What the server warns of when somebody uses it.
    #[must_use]
    pub fn deprecation(self) -> Option<Cow<'p, str>> {
        (self.flags & DEPRECATED > 0).then(|| match self.kind.pack.text(self.warning) {
            "" => format!("{}/{} {} is deprecated", self.kind.group(), self.name(), self.kind.name()).into(),
            text => text.into(),
        })
    }

    /// `status` is a subresource: whoever writes the object cannot set it.
    #[must_use]
    pub fn has_status(self) -> bool {
        self.flags & STATUS > 0
    }

    /// The scale subresource.
    #[must_use]
    pub fn scale(self) -> Option<Scale<'p>> {
        let text = |at| self.kind.pack.text(at);
        self.scale.map(|[spec, status, selector]| Scale {
            spec_replicas: text(spec),
            status_replicas: text(status),
            label_selector: text(selector),
        })
    }

    /// The schema.
    #[must_use]
    pub fn root(self) -> Node<'p> {
        Node::at(self.kind.pack, self.root)
    }
}
