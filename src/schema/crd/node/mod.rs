//! One node of a structural schema, read in place.

mod packed;
mod words;

use std::sync::Arc;

use super::format::Format;
use super::pack::{Cursor, Pack};
use super::pattern::Pattern;

pub(super) use self::packed::*;
pub(super) use self::words::TYPES;
pub use self::words::{Additional, Limits, ListType, Literal, Rule, Type};

/// A node.
#[derive(Clone, Copy, Debug)]
pub struct Node<'p> {
    pack: &'p Pack,
    at: u32,
    flags: u32,
}

impl<'p> Node<'p> {
    pub(super) fn at(pack: &'p Pack, at: u32) -> Self {
        Self { pack, at, flags: u32::from_le_bytes(pack.at(at).fixed()) }
    }

    /// A node below this one. Children are packed before their parents, so that no walk goes round in circles.
    fn child(self, at: u32) -> Self {
        if at < self.at { Self::at(self.pack, at) } else { Self { pack: self.pack, at: 0, flags: 0 } }
    }

    pub(super) fn has(self, bits: u32) -> bool {
        self.flags & bits > 0
    }

    /// Where a part begins.
    fn part(self, part: Part) -> Option<Cursor<'p>> {
        if !self.has(part.bit()) {
            return None;
        }
        let mut cursor = self.pack.at(self.at);
        cursor.skip(4);
        for before in PARTS.into_iter().take(part as usize).filter(|before| self.has(before.bit())) {
            match before {
                Part::Properties => {
                    let count = cursor.count();
                    cursor.skip(count.saturating_mul(6));
                }
                Part::Required | Part::Keys => {
                    let count = cursor.count();
                    cursor.skip(count.saturating_mul(3));
                }
                Part::Items | Part::Additional | Part::Pattern => cursor.skip(3),
                Part::Format => cursor.skip(1),
                Part::Default => cursor.skip(4),
                Part::Enum => {
                    let count = cursor.count();
                    cursor.skip(count.saturating_mul(4));
                }
                Part::Lengths | Part::ItemCounts | Part::PropertyCounts => {
                    bounds(&mut cursor);
                }
                Part::Numbers => {
                    let bits = cursor.byte() & (MINIMUM | MAXIMUM | MULTIPLE);
                    cursor.skip(8 * bits.count_ones() as usize);
                }
                Part::Junctors => {
                    let count = cursor.count() + cursor.count() + cursor.count() + cursor.count();
                    cursor.skip(count.saturating_mul(3));
                }
                Part::Rules => {
                    let count = cursor.count();
                    cursor.skip(count.saturating_mul(16));
                }
            }
        }
        Some(cursor)
    }

    /// The type.
    #[must_use]
    pub fn ty(self) -> Type {
        TYPES.get((self.flags >> TYPE & 7) as usize).map_or(Type::Any, |(ty, _)| *ty)
    }

    /// null is a value of it.
    #[must_use]
    pub fn is_nullable(self) -> bool {
        self.has(NULLABLE)
    }

    /// `x-kubernetes-preserve-unknown-fields`
    #[must_use]
    pub fn preserves_unknown_fields(self) -> bool {
        self.has(PRESERVES)
    }

    /// `x-kubernetes-int-or-string`
    #[must_use]
    pub fn is_int_or_string(self) -> bool {
        self.has(INT_OR_STRING)
    }

    /// `x-kubernetes-embedded-resource`
    #[must_use]
    pub fn is_embedded_resource(self) -> bool {
        self.has(EMBEDDED)
    }

    /// `x-kubernetes-list-type`
    #[must_use]
    pub fn list_type(self) -> ListType {
        match self.flags >> LIST & 3 {
            1 => ListType::Set,
            2 => ListType::Map,
            _ => ListType::Atomic,
        }
    }

    /// `x-kubernetes-map-type` is `atomic`.
    #[must_use]
    pub fn is_atomic_map(self) -> bool {
        self.has(ATOMIC_MAP)
    }

    /// The node or one below it has rules.
    #[must_use]
    pub fn has_rules_below(self) -> bool {
        self.has(RULES_BELOW)
    }

    /// The node or one below it is an embedded resource, a set or a list with keys.
    #[must_use]
    pub fn has_invariants_below(self) -> bool {
        self.has(INVARIANTS_BELOW)
    }

    /// A property by its name.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Self> {
        let mut cursor = self.part(Part::Properties)?;
        let (mut low, mut high) = (0, cursor.count());
        let first = cursor.at;
        while low < high {
            let middle = usize::midpoint(low, high);
            let mut entry = Cursor { at: first.saturating_add(6 * middle), ..cursor };
            match self.pack.text(entry.offset()).cmp(name) {
                std::cmp::Ordering::Equal => return Some(self.child(entry.offset())),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The properties, sorted by name.
    pub fn properties(self) -> impl Iterator<Item = (&'p str, Self)> {
        self.part(Part::Properties).into_iter().flat_map(move |mut cursor| {
            let count = cursor.count();
            (0..count).map(move |_| {
                let (name, node) = (cursor.offset(), cursor.offset());
                (self.pack.text(name), self.child(node))
            })
        })
    }

    /// It names properties.
    #[must_use]
    pub fn has_properties(self) -> bool {
        self.has(Part::Properties.bit())
    }

    /// The properties that have a default.
    pub fn defaults(self) -> impl Iterator<Item = (&'p str, Self)> {
        let node = self.has(DEFAULTS).then_some(self);
        node.into_iter().flat_map(Self::properties).filter(|(_, node)| node.has(Part::Default.bit()))
    }

    fn texts(self, part: Part) -> impl Iterator<Item = &'p str> {
        self.part(part).into_iter().flat_map(move |mut cursor| {
            let count = cursor.count();
            (0..count).map(move |_| self.pack.text(cursor.offset()))
        })
    }

    /// The names of the fields that must be there.
    pub fn required(self) -> impl Iterator<Item = &'p str> {
        self.texts(Part::Required)
    }

    /// `x-kubernetes-list-map-keys`
    pub fn list_keys(self) -> impl Iterator<Item = &'p str> {
        self.texts(Part::Keys)
    }

    /// The schema of a list's items.
    #[must_use]
    pub fn items(self) -> Option<Self> {
        Some(self.child(self.part(Part::Items)?.offset()))
    }

    /// `additionalProperties`
    #[must_use]
    pub fn additional(self) -> Option<Additional<'p>> {
        if let Some(mut cursor) = self.part(Part::Additional) {
            return Some(Additional::Schema(self.child(cursor.offset())));
        }
        self.has(ADDITIONAL_TRUE | ADDITIONAL_FALSE).then(|| Additional::Bool(self.has(ADDITIONAL_TRUE)))
    }

    /// The format, where it is one that the server knows for the type.
    #[must_use]
    pub fn format(self) -> Option<Format> {
        Format::of_number(self.part(Part::Format)?.byte())
    }

    fn literal(self, cursor: &mut Cursor<'p>) -> Literal<'p> {
        let is_string = cursor.byte() == 0;
        let text = self.pack.text(cursor.offset());
        if is_string { Literal::String(text) } else { Literal::Json(text) }
    }

    /// What the server fills in.
    #[must_use]
    pub fn default(self) -> Option<Literal<'p>> {
        Some(self.literal(&mut self.part(Part::Default)?))
    }

    /// The values of an enum. Empty where there is none.
    pub fn values(self) -> impl Iterator<Item = Literal<'p>> {
        self.part(Part::Enum).into_iter().flat_map(move |mut cursor| {
            let count = cursor.count();
            (0..count).map(move |_| self.literal(&mut cursor))
        })
    }

    /// There is an enum.
    #[must_use]
    pub fn has_values(self) -> bool {
        self.has(Part::Enum.bit())
    }

    fn bounds(self, part: Part) -> (Option<u64>, Option<u64>) {
        self.part(part).map_or((None, None), |mut cursor| bounds(&mut cursor))
    }

    /// `minLength` and `maxLength`
    #[must_use]
    pub fn lengths(self) -> (Option<u64>, Option<u64>) {
        self.bounds(Part::Lengths)
    }

    /// `minItems` and `maxItems`
    #[must_use]
    pub fn item_counts(self) -> (Option<u64>, Option<u64>) {
        self.bounds(Part::ItemCounts)
    }

    /// `minProperties` and `maxProperties`
    #[must_use]
    pub fn property_counts(self) -> (Option<u64>, Option<u64>) {
        self.bounds(Part::PropertyCounts)
    }

    /// The regular expression that a string must match, and its text; the former is none when it is not one.
    #[must_use]
    pub fn pattern(self) -> Option<(&'p str, Option<Arc<Pattern>>)> {
        let at = self.part(Part::Pattern)?.offset();
        Some((self.pack.text(at), self.pack.pattern(at)))
    }

    /// The limits of a number.
    #[must_use]
    pub fn limits(self) -> Option<Limits> {
        let mut cursor = self.part(Part::Numbers)?;
        let bits = cursor.byte();
        let mut number = |bit| (bits & bit > 0).then(|| f64::from_le_bytes(cursor.fixed()));
        Some(Limits {
            minimum: number(MINIMUM),
            maximum: number(MAXIMUM),
            multiple_of: number(MULTIPLE),
            exclusive_minimum: bits & EXCLUSIVE_MINIMUM > 0,
            exclusive_maximum: bits & EXCLUSIVE_MAXIMUM > 0,
        })
    }

    /// There is one of allOf, anyOf, oneOf, not.
    #[must_use]
    pub fn has_junctors(self) -> bool {
        self.has(Part::Junctors.bit())
    }

    fn junctor(self, number: usize) -> impl Iterator<Item = Self> {
        self.part(Part::Junctors).into_iter().flat_map(move |mut cursor| {
            let counts = [cursor.count(), cursor.count(), cursor.count(), cursor.count()];
            let before: usize = counts.iter().take(number).sum();
            cursor.skip(before.saturating_mul(3));
            (0..counts.get(number).copied().unwrap_or_default()).map(move |_| self.child(cursor.offset()))
        })
    }

    /// `allOf`
    pub fn all_of(self) -> impl Iterator<Item = Self> {
        self.junctor(0)
    }

    /// `anyOf`
    pub fn any_of(self) -> impl Iterator<Item = Self> {
        self.junctor(1)
    }

    /// `oneOf`
    pub fn one_of(self) -> impl Iterator<Item = Self> {
        self.junctor(2)
    }

    /// `not`
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        self.junctor(3).next()
    }

    /// `x-kubernetes-validations`
    pub fn rules(self) -> impl Iterator<Item = Rule<'p>> {
        self.part(Part::Rules).into_iter().flat_map(move |mut cursor| {
            let count = cursor.count();
            (0..count).map(move |_| {
                let mut text = || self.pack.text(cursor.offset());
                Rule {
                    rule: text(),
                    message: text(),
                    message_expression: text(),
                    reason: text(),
                    field_path: text(),
                    optional_old_self: cursor.byte() > 0,
                }
            })
        })
    }

    /// How many rules the node has itself.
    #[must_use]
    pub fn count_rules(self) -> usize {
        self.part(Part::Rules).map_or(0, |mut cursor| cursor.count())
    }
}

/// Two optional numbers: a byte that says which are there, then those.
fn bounds(cursor: &mut Cursor<'_>) -> (Option<u64>, Option<u64>) {
    let bits = cursor.byte();
    let low = (bits & 1 > 0).then(|| cursor.number());
    let high = (bits & 2 > 0).then(|| cursor.number());
    (low, high)
}
