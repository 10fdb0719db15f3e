//! The rows of the table, which `build.rs` writes. A pair of numbers is a range of another table.

use super::{Def, SCALARS, Type, TypeId};
use crate::yaml::keys::same;

/// A range of [`TEXTS`]: its length in 12 bits, its place in 20.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Text(u32);

impl Text {
    pub(super) fn str(self) -> &'static str {
        let (at, length) = ((self.0 & 0xf_ffff) as usize, (self.0 >> 20) as usize);
        TEXTS.get(at..at + length).unwrap_or_default()
    }

    /// It is this text: to compare the bytes nobody has to ask where characters begin.
    #[inline]
    pub(super) fn is(self, text: &[u8]) -> bool {
        let (at, length) = ((self.0 & 0xf_ffff) as usize, (self.0 >> 20) as usize);
        TEXTS.as_bytes().get(at..at + length).is_some_and(|own| same(own, text))
    }

    /// The text, if it is not empty.
    pub(super) fn filled(self) -> Option<&'static str> {
        Some(self.str()).filter(|text| !text.is_empty())
    }
}

pub(super) struct KindRow {
    pub(super) api_version: Text,
    pub(super) group: Text,
    pub(super) kind: Text,
    pub(super) plural: Text,
    /// What the server's warning names instead.
    pub(super) instead: Text,
    pub(super) def: u16,
    pub(super) is_namespaced: bool,
    pub(super) minors: u8,
    /// The minor since which the server warns of it; 0 for none.
    pub(super) deprecated: u8,
    pub(super) off: bool,
}

pub(super) struct DefRow {
    pub(super) name: Text,
    /// Of [`FIELDS`], sorted by name.
    pub(super) fields: (u16, u16),
    /// Of [`LISTS`], which has the fields that are required in some minor.
    pub(super) required: (u16, u16),
    /// Of [`LISTS`], which has the fields that have a default.
    pub(super) defaults: (u16, u16),
    /// Of [`SLOTS`]: a hash table of the fields' names, see `build.rs`.
    pub(super) slots: (u16, u16),
    pub(super) minors: u8,
    /// The minors in which server-side apply takes it as a whole.
    pub(super) atomic: u8,
}

#[derive(Debug)]
pub(super) struct FieldRow {
    pub(super) name: Text,
    /// Of [`VALUES`].
    pub(super) list_keys: (u16, u16),
    /// Of [`FACTS`]; 0 for none.
    pub(super) facts: u16,
    /// Of [`TYPES`].
    pub(super) ty: u16,
    pub(super) minors: u8,
    pub(super) required: u8,
    /// The next one has the same name and another type.
    pub(super) is_followed: bool,
    pub(super) is_set: bool,
}

#[derive(Debug)]
pub(super) struct FactsRow {
    /// JSON; empty for none.
    pub(super) default: Text,
    /// Empty for none.
    pub(super) check: Text,
    /// Of [`VALUES`].
    pub(super) values: (u16, u16),
    /// Of [`RANGES`], counted from 1; 0 for none.
    pub(super) range: u16,
    pub(super) is_immutable: bool,
    pub(super) is_optional: bool,
}

static TEXTS: &str = include_str!(concat!(env!("OUT_DIR"), "/native-texts.txt"));

include!(concat!(env!("OUT_DIR"), "/native.rs"));

/// The rows of a range.
pub(super) fn slice<T>(of: &'static [T], (first, end): (u16, u16)) -> &'static [T] {
    of.get(usize::from(first)..usize::from(end)).unwrap_or_default()
}
