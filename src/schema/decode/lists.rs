//! The items of lists that have keys, and of sets: what server-side apply refuses of them.

use std::collections::HashSet;

use super::Walk;
use crate::schema::minors::MinorSet;
use crate::schema::problem::{Cause, Raised};
use crate::schema::table::{Facts, Field, Scalar, Type};
use crate::yaml::{NodeId, Value};

impl<'a> Walk<'_, 'a> {
    /// Server-side apply finds the items of some lists by their keys, and refuses two with the same.
    #[inline(never)]
    pub(super) fn list_keys(&mut self, node: NodeId, raw: Value<'a>, field: Field, minors: MinorSet) {
        let Type::List(item) = field.ty() else { return };
        let Type::Struct(def) = item.ty() else { return self.set_items(node, raw, field, minors) };
        if all_differ(raw, field) {
            return;
        }
        let mut seen: HashSet<Vec<String>> = HashSet::new();
        for (index, item) in raw.items().enumerate() {
            let key_of = |key: &'static str| match item.get(key).filter(|value| !value.is_null()) {
                Some(value) => Some(format!("{key}={}", serde_json::to_string(&value).unwrap_or_default())),
                None => Some(format!("{key}={}", def.field(key).next().and_then(zero)?)),
            };
            let keys: Vec<Option<String>> = field.list_keys().map(key_of).collect();
            if keys.is_empty() {
                return;
            }
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let printed: Vec<String> = keys.into_iter().flatten().collect();
            if printed.is_empty() {
                let missing: Vec<String> = field.list_keys().map(|key| format!("{key:?}")).collect();
                let message = format!(
                    "element {index}: associative list with keys has an element that omits all key fields [{}] (and \
                     doesn't have default values for any key fields)",
                    missing.join(" ")
                );
                self.item_problem(node, index, message, minors);
                continue;
            }
            if seen.contains(&printed) {
                let message = format!("duplicate entries for key [{}]", printed.join(","));
                self.item_problem(node, index, message, minors);
            } else {
                seen.insert(printed);
            }
        }
    }

    /// Server-side apply refuses two equal items in a set.
    fn set_items(&mut self, node: NodeId, raw: Value<'a>, field: Field, minors: MinorSet) {
        if !field.is_set() {
            return;
        }
        let mut seen = HashSet::new();
        for (index, item) in raw.items().enumerate().filter(|(_, item)| item.is_scalar()) {
            if item.is_null() {
                let why = "associative list without keys has an element that's an explicit null";
                let at = u32::try_from(index).unwrap_or(u32::MAX);
                return self.item_problem(node, at, format!("element {index}: {why}"), minors);
            }
            if !seen.insert((item.as_str(), item.as_int())) {
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                let shown = serde_json::to_string(&item).unwrap_or_default();
                self.item_problem(node, index, format!("duplicate entries for key [={shown}]"), minors);
            }
        }
    }

    fn item_problem(&mut self, list: NodeId, index: u32, message: String, minors: MinorSet) {
        self.push(Cause::DuplicateListKey, list, None, message, minors);
        if let Some(last) = self.problems.last_mut() {
            last.raised = Raised::ByApply;
            last.pointer = format!("{}/{index}", last.pointer);
        }
    }
}

/// Every item of a short list has its first key, and no two the same: nearly all lists are so, and no keys are printed.
fn all_differ<'v>(raw: Value<'v>, field: Field) -> bool {
    const SHORT: usize = 16;
    let Some(key) = field.list_keys().next().filter(|_| raw.items().len() <= SHORT) else { return false };
    let key_of = |item: Value<'v>| item.get(key).filter(|value| !value.is_null());
    let is_new = |(index, item): (usize, Value<'v>)| {
        let Some(own) = key_of(item) else { return false };
        raw.items().take(index).all(|before| key_of(before).is_some_and(|before| !before.same(own)))
    };
    raw.items().enumerate().all(is_new)
}

/// What the definitions say of a key that is absent: its default, or the zero value of a field that is required.
fn zero(field: Field) -> Option<&'static str> {
    match (field.facts().and_then(Facts::default), field.ty()) {
        (Some(default), _) => Some(default),
        (None, _) if field.required().is_empty() => None,
        (None, Type::Scalar(Scalar::Int32 | Scalar::Int64 | Scalar::Number)) => Some("0"),
        (None, _) => Some("\"\""),
    }
}
