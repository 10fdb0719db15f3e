//! What server-side apply makes of an update of a built-in kind. It merges the new object into the one that is there, then
//! removes what it applied last time and no longer does. So a struct whose fields all go is gone afterwards, and no longer
//! `{}`: a probe without a handler is no probe.

use std::collections::HashMap;

use super::minors::MinorSet;
use super::stored::{Growing, Step, Stored};
use super::table::{Def, Field, Kind, Type};
use crate::manifest::object::Object;
use crate::yaml::{self, NodeId, Value};

/// Structs that Go has no pointers to, so that to the server they are always there.
const ALWAYS_THERE: [&str; 9] = [
    "jobTemplate",
    "metadata",
    "resources",
    "spec",
    "status",
    "strategy",
    "template",
    "updateStrategy",
    "volumeClaimTemplate",
];

/// The object after the merge into `live`, where it is another one than the object itself.
pub(super) fn applied(object: &Object, live: &Stored, kind: Kind, minors: MinorSet) -> Option<Object> {
    let raw = object.value();
    if !holds_nothing(raw) {
        return None;
    }
    let mut walk = Walk { growing: Growing::new(raw.document()), live, minors, changed: false };
    let root = walk.growing.node(NodeId(0), Step::Root, Some(raw));
    walk.structure(root, (raw, live.root()), kind.def());
    walk.changed.then(|| walk.growing.finish(root).rewritten(object))
}

struct Walk<'a, 'l> {
    growing: Growing<'a>,
    live: &'l Stored,
    minors: MinorSet,
    changed: bool,
}

impl<'a, 'l> Walk<'a, 'l> {
    fn structure(&mut self, node: NodeId, (new, live): (Value<'a>, Value<'l>), def: Def) {
        let mark = self.growing.deriver().mark();
        for entry in new.raw_entries() {
            let name = new.document().text_of(&entry.key);
            let value = new.document().value(entry.value);
            let field = def.field(name).next();
            let before = live.get(name);
            if field.is_some_and(|field| self.goes(field, value, before)) {
                self.changed = true;
                continue;
            }
            let key = self.growing.deriver().own(name);
            let child = self.growing.node(node, Step::Field(key), Some(value));
            match field.zip(before) {
                Some((field, before)) => self.value(child, (value, before), field),
                None => self.growing.verbatim(child, value),
            }
            self.growing.deriver().entry(key, value.origin(), child);
        }
        self.growing.deriver().mapping(node, mark);
    }

    /// The value is a struct of nothing, and all of what it had was applied.
    fn goes(&self, field: Field, new: Value<'_>, live: Option<Value<'l>>) -> bool {
        let is_emptied = new.kind() == yaml::Kind::Mapping && new.entries().len() == 0;
        let was_applied = |live: Value<'l>| {
            live.entries().len() > 0 && live.entries().all(|(_, _, value)| self.live.raw(value).is_some())
        };
        is_emptied
            && self.merged(field.ty()).is_some()
            && !ALWAYS_THERE.contains(&field.name())
            && live.is_some_and(was_applied)
    }

    fn value(&mut self, node: NodeId, (new, live): (Value<'a>, Value<'l>), field: Field) {
        match (self.merged(field.ty()), field.ty(), new.kind(), live.kind()) {
            (Some(def), _, yaml::Kind::Mapping, yaml::Kind::Mapping) => self.structure(node, (new, live), def),
            (_, Type::List(item), yaml::Kind::Sequence, yaml::Kind::Sequence) => {
                match self.merged(item.ty()).filter(|_| field.list_keys().next().is_some()) {
                    Some(def) => self.list(node, (new, live), def, field),
                    None => self.growing.verbatim(node, new),
                }
            }
            _ => self.growing.verbatim(node, new),
        }
    }

    /// The items of a list with keys are merged one by one.
    fn list(&mut self, node: NodeId, (new, live): (Value<'a>, Value<'l>), def: Def, field: Field) {
        let key_of = |item: Value<'_>| -> Vec<String> {
            let of = |key: &str| item.get(key).and_then(|value| serde_json::to_string(&value).ok()).unwrap_or_default();
            field.list_keys().map(of).collect()
        };
        let before: HashMap<Vec<String>, Value<'l>> = live.items().map(|item| (key_of(item), item)).collect();
        let mark = self.growing.deriver().mark();
        for (index, item) in new.items().enumerate() {
            let step = Step::Index(u32::try_from(index).unwrap_or(u32::MAX));
            let child = self.growing.node(node, step, Some(item));
            match before.get(&key_of(item)).filter(|_| item.kind() == yaml::Kind::Mapping) {
                Some(before) => self.structure(child, (item, *before), def),
                None => self.growing.verbatim(child, item),
            }
            self.growing.deriver().item(child);
        }
        self.growing.deriver().list(node, mark);
    }

    /// The struct that is merged field by field.
    fn merged(&self, ty: Type) -> Option<Def> {
        match ty {
            Type::Struct(def) if def.atomic().within(self.minors).is_empty() => Some(def),
            _ => None,
        }
    }
}

/// Somewhere it has `{}`, as few objects do.
fn holds_nothing(value: Value<'_>) -> bool {
    let mut inner = value.items().chain(value.entries().map(|(_, _, value)| value));
    (value.kind() == yaml::Kind::Mapping && value.entries().len() == 0) || inner.any(holds_nothing)
}
