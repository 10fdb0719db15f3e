//! What server-side apply makes of an update. It merges the new object into the one that is there, then removes what it
//! applied last time and no longer does. So an object whose fields all go is null afterwards, and no longer `{}`, a list
//! with keys that becomes empty is gone, and so on; what the server filled in stays.

use super::node::{Additional, ListType, Node};
use super::pack::Version;
use super::ratchet::key_of;
use crate::manifest::object::Object;
use crate::schema::stored::{Growing, Step, Stored};
use crate::yaml::document::Data;
use crate::yaml::{Kind, NodeId, Origin, Value};

/// The object after the merge into `live`, where it is another one than the object itself.
pub(super) fn merged(object: &Object, live: &Stored, version: Version<'_>) -> Option<Object> {
    let raw = object.value();
    let mut walk = Walk { growing: Growing::new(raw.document()), changed: false };
    let root = walk.growing.node(NodeId(0), Step::Root, Some(raw));
    let mark = walk.growing.deriver().mark();
    for entry in raw.raw_entries() {
        let name = raw.document().text_of(&entry.key);
        let value = raw.document().value(entry.value);
        let place = Place { schema: version.root().property(name), is_field: true };
        let is_own = matches!(name, "apiVersion" | "kind" | "metadata") || (name == "status" && version.has_status());
        let old = if is_own { None } else { live.root().get(name) };
        walk.entry(root, (name, value), old, place);
    }
    walk.kept(root, raw, live.root(), Some(version.root()));
    walk.growing.deriver().mapping(root, mark);
    walk.changed.then(|| walk.growing.finish(root).rewritten(object))
}

/// What is known of a place.
#[derive(Clone, Copy)]
struct Place<'p> {
    schema: Option<Node<'p>>,
    /// The schema names it. Keys of maps are owned by themselves, fields only by what they hold.
    is_field: bool,
}

struct Walk<'a> {
    growing: Growing<'a>,
    changed: bool,
}

/// The value was applied, and is no default.
fn is_manifests(value: Value<'_>) -> bool {
    !matches!(value.origin(), Origin::Default)
}

impl<'a> Walk<'a> {
    fn entry<'l>(&mut self, parent: NodeId, (name, new): (&str, Value<'a>), live: Option<Value<'l>>, place: Place<'_>) {
        let is_empty = |live: Value<'l>| live.kind() == Kind::Mapping && live.entries().len() == 0;
        let goes = |live| is_manifests(live) && !is_empty(live) && says_something(live, place.schema);
        if place.is_field && !says_something(new, place.schema) && live.is_some_and(goes) {
            self.changed = true;
            return;
        }
        let key = self.growing.deriver().own(name);
        let child = self.growing.node(parent, Step::Field(key), Some(new));
        self.value(child, new, live, place.schema);
        self.growing.deriver().entry(key, new.origin(), child);
    }

    fn value<'l>(&mut self, node: NodeId, new: Value<'a>, live: Option<Value<'l>>, schema: Option<Node<'_>>) {
        let is_atomic = schema.is_some_and(Node::is_atomic_map);
        let Some(live) = live.filter(|live| live.kind() == Kind::Mapping || live.kind() == Kind::Sequence) else {
            return self.growing.verbatim(node, new);
        };
        match (new.kind(), live.kind(), schema.map(Node::list_type)) {
            (Kind::Mapping | Kind::Null, Kind::Mapping, _) if !is_atomic && live.entries().len() > 0 => {
                self.mapping(node, new, live, schema);
            }
            (Kind::Sequence, Kind::Sequence, Some(ListType::Map)) => self.list(node, new, live, schema),
            _ => self.growing.verbatim(node, new),
        }
    }

    fn mapping<'l>(&mut self, node: NodeId, new: Value<'a>, live: Value<'l>, schema: Option<Node<'_>>) {
        let mark = self.growing.deriver().mark();
        for entry in new.raw_entries() {
            let name = new.document().text_of(&entry.key);
            let value = new.document().value(entry.value);
            self.entry(node, (name, value), live.get(name), place_of(schema, name));
        }
        let is_filled = self.kept(node, new, live, schema);
        let is_empty = self.growing.deriver().pending(mark).is_empty();
        if is_empty && !is_filled {
            self.changed |= !new.is_null();
            self.growing.deriver().set(node, Data::Null);
        } else {
            self.changed |= new.is_null();
            self.growing.deriver().mapping(node, mark);
        }
    }

    /// What the server filled in, and what nobody owns, stays. Whether there is any.
    fn kept(&mut self, node: NodeId, new: Value<'a>, live: Value<'_>, schema: Option<Node<'_>>) -> bool {
        let mut is_filled = false;
        let is_kept = |name: &str, value: Value<'_>| {
            let place = place_of(schema, name);
            let is_owned = is_manifests(value) && (!place.is_field || says_something(value, place.schema));
            !is_owned && new.get(name).is_none()
        };
        for (name, _, value) in live.entries().filter(|(name, _, value)| is_kept(name, *value)) {
            is_filled = true;
            if place_of(schema, name).schema.and_then(Node::default).is_some_and(|default| default.is(value)) {
                // It will be filled in again.
                continue;
            }
            self.changed = true;
            let key = self.growing.deriver().own(name);
            let child = self.growing.node(node, Step::Field(key), None);
            self.growing.fill(child, &value.to_json());
            self.growing.deriver().entry(key, Origin::Default, child);
        }
        is_filled
    }

    fn list<'l>(&mut self, node: NodeId, new: Value<'a>, live: Value<'l>, schema: Option<Node<'_>>) {
        let key = |item: Value<'_>| schema.and_then(|schema| key_of(schema, item));
        let old: std::collections::HashMap<String, Value<'l>> =
            live.items().filter_map(|item| Some((key(item)?, item))).collect();
        let mark = self.growing.deriver().mark();
        for (index, item) in new.items().enumerate() {
            let step = Step::Index(u32::try_from(index).unwrap_or(u32::MAX));
            let child = self.growing.node(node, step, Some(item));
            let before = key(item).and_then(|key| old.get(&key).copied());
            self.value(child, item, before, schema.and_then(Node::items));
            self.growing.deriver().item(child);
        }
        self.growing.deriver().list(node, mark);
    }
}

fn place_of<'p>(schema: Option<Node<'p>>, name: &str) -> Place<'p> {
    match schema.and_then(|schema| schema.property(name)) {
        Some(property) => Place { schema: Some(property), is_field: true },
        None => match schema.and_then(Node::additional) {
            Some(Additional::Schema(values)) => Place { schema: Some(values), is_field: false },
            _ => Place { schema: None, is_field: false },
        },
    }
}

/// Applying the value makes somebody its owner: it holds something else than empty lists with keys.
fn says_something(value: Value<'_>, schema: Option<Node<'_>>) -> bool {
    match value.kind() {
        Kind::Mapping => {
            value.entries().len() == 0
                || schema.is_some_and(Node::is_atomic_map)
                || value.entries().any(|(name, _, child)| {
                    let place = place_of(schema, name);
                    !place.is_field || says_something(child, place.schema)
                })
        }
        Kind::Sequence => value.items().len() > 0 || schema.is_none_or(|schema| schema.list_type() == ListType::Atomic),
        _ => true,
    }
}
