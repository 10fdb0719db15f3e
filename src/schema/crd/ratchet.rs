//! Ratcheting: an update is not refused for what it leaves as it was. The old value of a value is found through the
//! schema: by property, by key, and by the keys of an item where the list has some.

use std::collections::HashMap;

use super::node::{Additional, ListType, Node, Type};
use crate::yaml::{Kind, Value};

/// The old value of a value, and the schema of the place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Old<'o, 'p> {
    pub(super) value: Value<'o>,
    pub(super) schema: Node<'p>,
}

impl<'o, 'p> Old<'o, 'p> {
    /// The old value of a field.
    pub(super) fn field(self, name: &str) -> Option<Self> {
        let value = self.value.get(name)?;
        let schema = match (self.schema.property(name), self.schema.additional()) {
            (Some(property), _) => property,
            (None, Some(Additional::Schema(values))) => values,
            _ => return None,
        };
        Some(Self { value, schema })
    }

    /// The old items of a list, if its items can be found again.
    pub(super) fn items(self) -> Option<OldItems<'o, 'p>> {
        if self.schema.list_type() != ListType::Map || self.schema.ty() != Type::Array {
            return None;
        }
        let items = self.schema.items()?;
        let mut by_key = HashMap::new();
        for item in self.value.items() {
            if let Some(key) = key_of(self.schema, item) {
                by_key.entry(key).or_insert(item);
            }
        }
        Some(OldItems { list: self.schema, items, by_key })
    }

    /// Nothing changed. A value that cannot be found again is never unchanged, nor is what holds it.
    pub(super) fn is_same(self, new: Value<'_>) -> bool {
        match (self.value.kind(), new.kind()) {
            (Kind::Sequence, Kind::Sequence) => {
                if self.value.items().len() != new.items().len() {
                    return false;
                }
                match self.items() {
                    Some(items) => new.items().all(|item| items.of(item).is_some_and(|old| old.is_same(item))),
                    None => self.value.same(new),
                }
            }
            (Kind::Mapping, Kind::Mapping) => {
                self.value.entries().len() == new.entries().len()
                    && new.entries().all(|(name, _, value)| self.field(name).is_some_and(|old| old.is_same(value)))
            }
            _ => self.value.same(new),
        }
    }
}

/// The old items of a list, by their keys.
#[derive(Debug)]
pub(super) struct OldItems<'o, 'p> {
    list: Node<'p>,
    items: Node<'p>,
    by_key: HashMap<String, Value<'o>>,
}

impl<'o, 'p> OldItems<'o, 'p> {
    /// The old item of an item.
    pub(super) fn of(&self, item: Value<'_>) -> Option<Old<'o, 'p>> {
        let value = *self.by_key.get(&key_of(self.list, item)?)?;
        Some(Old { value, schema: self.items })
    }
}

/// The values of an item's keys. None where one is missing or no scalar.
pub(super) fn key_of(list: Node<'_>, item: Value<'_>) -> Option<String> {
    let mut key = String::new();
    for name in list.list_keys() {
        let value = item.get(name).filter(|value| value.is_scalar() && !value.is_null())?;
        key.push_str(&serde_json::to_string(&value).ok()?);
        key.push('\0');
    }
    (!key.is_empty()).then_some(key)
}
