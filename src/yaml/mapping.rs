//! The end of a mapping: duplicate keys and merge keys, by the rules of the dialect.

use std::collections::HashMap;
use std::ops::Range;

use super::Dialect;
use super::build::{Builder, Key, index};
use super::document::{Data, DialectDifference, DuplicateKey, Entry, NodeId, Origin, SourceId};
use super::resolve::KeyKind;
use crate::source::Span;

/// One pair of a mapping that is still open.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    entry: Entry,
    span: Span,
    kind: KeyKind,
    /// It came through a merge key.
    merged: bool,
    /// A later pair replaced it.
    replaced: bool,
}

impl Pending {
    pub(super) fn new(key: Key, hash: u8, value: NodeId) -> Self {
        let origin = Origin::Source { source: SourceId(0), span: key.span };
        let entry = Entry { key: key.text, key_origin: origin, value, hash };
        Self { entry, span: key.span, kind: key.kind, merged: false, replaced: false }
    }
}

/// Up to this many keys are compared with each other; a table costs more than that.
const FEW: usize = 8;

const WANTS_MAPPING: &str = "`<<` merges a mapping or a list of mappings, and this is neither";

impl Builder<'_> {
    /// Move the pending pairs from `first` on into the document's table.
    pub(super) fn mapping(
        &mut self,
        node: NodeId,
        first: usize,
        merges: bool,
    ) -> Result<Range<u32>, (Span, &'static str)> {
        if merges {
            let pairs = self.pending.split_off(first);
            let pairs = match self.dialect {
                Dialect::Kubectl => self.merge_in_place(pairs)?,
                Dialect::Kustomize => self.merge_behind(pairs)?,
            };
            self.pending.extend(pairs);
        }
        let replaced = self.find_duplicates(self.pending.get(first..).unwrap_or_default());
        let start = index(self.entries.len());
        if replaced.is_empty() {
            self.entries.extend(self.pending.drain(first..).map(|pair| pair.entry));
        } else {
            let mut pairs = self.pending.split_off(first);
            for (earlier, later) in replaced {
                self.replace(node, &mut pairs, earlier, later);
            }
            self.entries.extend(pairs.into_iter().filter(|pair| !pair.replaced).map(|pair| pair.entry));
        }
        Ok(start..index(self.entries.len()))
    }

    /// go-yaml v2: the pairs of the merged mappings are set where the merge key stands, so what comes later wins.
    fn merge_in_place(&mut self, pairs: Vec<Pending>) -> Result<Vec<Pending>, (Span, &'static str)> {
        let mut all = Vec::with_capacity(pairs.len() + 8);
        for pair in pairs {
            if pair.kind != KeyKind::Merge {
                all.push(pair);
                continue;
            }
            // The first of a list wins, so it is set last.
            for mapping in self.merged_mappings(&pair)?.into_iter().rev() {
                all.extend(self.merged_pairs(mapping));
            }
        }
        Ok(all)
    }

    /// yaml.v3: what the mapping says itself wins, then the first of the merged mappings. A second `<<` is a duplicate.
    fn merge_behind(&mut self, pairs: Vec<Pending>) -> Result<Vec<Pending>, (Span, &'static str)> {
        let (merges, own): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|pair| pair.kind == KeyKind::Merge);
        if let Some(second) = merges.get(1) {
            return Err((second.span, "the key `<<` is already there, and kustomize refuses duplicate keys"));
        }
        let mut all = Vec::with_capacity(own.len() + 8);
        for pair in &merges {
            for mapping in self.merged_mappings(pair)?.into_iter().rev() {
                all.extend(self.merged_pairs(mapping));
            }
        }
        all.extend(own);
        Ok(all)
    }

    fn merged_mappings(&self, pair: &Pending) -> Result<Vec<NodeId>, (Span, &'static str)> {
        let data = |id: NodeId| self.nodes.get(id.0 as usize).map(|node| &node.data);
        let list = match data(pair.entry.value) {
            Some(Data::Mapping(..)) => vec![pair.entry.value],
            Some(Data::Sequence(range)) => {
                self.items.get(range.start as usize..range.end as usize).unwrap_or_default().to_vec()
            }
            _ => return Err((pair.span, WANTS_MAPPING)),
        };
        if list.iter().all(|id| matches!(data(*id), Some(Data::Mapping(..)))) {
            Ok(list)
        } else {
            Err((pair.span, WANTS_MAPPING))
        }
    }

    fn merged_pairs(&self, mapping: NodeId) -> Vec<Pending> {
        let Some(Data::Mapping(range, _)) = self.nodes.get(mapping.0 as usize).map(|node| &node.data) else {
            return Vec::new();
        };
        let entries = self.entries.get(range.start as usize..range.end as usize).unwrap_or_default();
        let span = |entry: &Entry| match entry.key_origin {
            Origin::Source { span, .. } => span,
            _ => Span::default(),
        };
        let pending = |entry: &Entry| Pending {
            entry: *entry,
            span: span(entry),
            kind: KeyKind::String,
            merged: true,
            replaced: false,
        };
        entries.iter().map(pending).collect()
    }

    /// Pairs with the same key as an earlier one: (earlier, later), by their places.
    fn find_duplicates(&self, pairs: &[Pending]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        if pairs.len() <= FEW {
            for (later, pair) in pairs.iter().enumerate() {
                let key = self.text(&pair.entry.key);
                let is_same =
                    |other: &Pending| other.entry.hash == pair.entry.hash && self.text(&other.entry.key) == key;
                let earlier = pairs.iter().take(later).rposition(is_same);
                found.extend(earlier.map(|earlier| (earlier, later)));
            }
        } else {
            let mut seen = HashMap::with_capacity(pairs.len());
            for (later, pair) in pairs.iter().enumerate() {
                let earlier = seen.insert(self.text(&pair.entry.key), later);
                found.extend(earlier.map(|earlier| (earlier, later)));
            }
        }
        found
    }

    /// Of equal keys the last one counts; every pair of them that the mapping says itself is recorded.
    fn replace(&mut self, node: NodeId, pairs: &mut [Pending], earlier: usize, later: usize) {
        let (Some(first), Some(second)) = (pairs.get(earlier).cloned(), pairs.get(later).cloned()) else { return };
        if let Some(pair) = pairs.get_mut(earlier) {
            pair.replaced = true;
        }
        self.record(node, &first, &second);
    }

    fn record(&mut self, node: NodeId, first: &Pending, second: &Pending) {
        let key = self.text(&second.entry.key).to_owned();
        match (first.merged, second.merged) {
            (false, false) => self.duplicates.push(DuplicateKey {
                mapping: node,
                key,
                first: first.span,
                second: second.span,
                collision: first.kind != second.kind,
            }),
            // kubectl lets the merged value win because it stands later; kustomize does not.
            (false, true) if self.dialect == Dialect::Kubectl && first.entry.value != second.entry.value => {
                self.differences.push(DialectDifference {
                    span: first.span,
                    is_key: true,
                    kubectl: format!("the value of {key:?} that `<<` brings after it"),
                    kustomize: format!("the value of {key:?} that stands here"),
                });
            }
            _ => {}
        }
    }
}
