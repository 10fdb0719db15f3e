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

/// What stays of an object beside what is applied.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    None,
    /// Empty lists with keys, which make nobody an owner, so that they go with the last field that somebody owns.
    Nothing,
    Something,
}

/// An entry was applied, so that it goes when it no longer is.
fn is_owned((name, _, value): (&str, Origin, Value<'_>), schema: Option<Node<'_>>) -> bool {
    let place = place_of(schema, name);
    is_manifests(value) && (!place.is_field || says_something(value, place.schema))
}

/// The value was applied, and is no default.
fn is_manifests(value: Value<'_>) -> bool {
    !matches!(value.origin(), Origin::Default)
}

impl<'a> Walk<'a> {
    fn entry(&mut self, parent: NodeId, (name, new): (&str, Value<'a>), live: Option<Value<'_>>, place: Place<'_>) {
        let is_empty = |live: Value<'_>| live.kind() == Kind::Mapping && live.entries().len() == 0;
        let goes = |live| is_manifests(live) && !is_empty(live) && says_something(live, place.schema);
        if place.is_field && !says_something(new, place.schema) && live.is_some_and(goes) {
            self.changed = true;
            return;
        }
        let key = self.growing.deriver().own(name);
        let child = self.growing.node(parent, Step::Field(key), Some(new));
        if self.value(child, new, live, place) {
            self.growing.deriver().entry(key, new.origin(), child);
        }
    }

    /// Merge a value. Whether anything is left of it.
    fn value(&mut self, node: NodeId, new: Value<'a>, live: Option<Value<'_>>, place: Place<'_>) -> bool {
        let schema = place.schema;
        let is_atomic = schema.is_some_and(Node::is_atomic_map);
        match (new.kind(), live, schema.map(Node::list_type)) {
            (Kind::Mapping | Kind::Null, Some(live), _) if !is_atomic && live.entries().len() > 0 => {
                return self.mapping(node, new, live, place);
            }
            (Kind::Sequence, Some(live), Some(ListType::Map)) if live.kind() == Kind::Sequence => {
                self.list(node, new, live, schema);
            }
            _ => self.growing.verbatim(node, new),
        }
        true
    }

    fn mapping(&mut self, node: NodeId, new: Value<'a>, live: Value<'_>, place: Place<'_>) -> bool {
        let schema = place.schema;
        let mark = self.growing.deriver().mark();
        for entry in new.raw_entries() {
            let name = new.document().text_of(&entry.key);
            let value = new.document().value(entry.value);
            self.entry(node, (name, value), live.get(name), place_of(schema, name));
        }
        let kept = self.kept(node, new, live, schema);
        let is_bare = new.entries().len() == 0 && kept == Kept::Nothing;
        if place.is_field && is_bare && live.entries().any(|entry| is_owned(entry, schema)) {
            self.changed = true;
            self.growing.deriver().forget(mark);
            return false;
        }
        let is_empty = self.growing.deriver().pending(mark).is_empty();
        if is_empty && kept == Kept::None {
            self.changed |= !new.is_null();
            self.growing.deriver().set(node, Data::Null);
        } else {
            self.changed |= new.is_null();
            self.growing.deriver().mapping(node, mark);
        }
        true
    }

    /// What the server filled in, and what nobody owns, stays.
    fn kept(&mut self, node: NodeId, new: Value<'a>, live: Value<'_>, schema: Option<Node<'_>>) -> Kept {
        let mut kept = Kept::None;
        let is_kept = |name: &str, entry| !is_owned(entry, schema) && new.get(name).is_none();
        for (name, _, value) in live.entries().filter(|entry| is_kept(entry.0, *entry)) {
            let property = place_of(schema, name).schema;
            if says_something(value, property) {
                kept = Kept::Something;
            } else if kept == Kept::None {
                kept = Kept::Nothing;
            }
            if property.and_then(Node::default).is_some_and(|default| default.is(value)) {
                // It will be filled in again.
                continue;
            }
            self.changed = true;
            let key = self.growing.deriver().own(name);
            let child = self.growing.node(node, Step::Field(key), None);
            self.growing.fill(child, &value.to_json());
            self.growing.deriver().entry(key, Origin::Default, child);
        }
        kept
    }

    fn list(&mut self, node: NodeId, new: Value<'a>, live: Value<'_>, schema: Option<Node<'_>>) {
        let key = |item: Value<'_>| schema.and_then(|schema| key_of(schema, item));
        let old: std::collections::HashMap<String, Value<'_>> =
            live.items().filter_map(|item| Some((key(item)?, item))).collect();
        let mark = self.growing.deriver().mark();
        for (index, item) in new.items().enumerate() {
            let step = Step::Index(u32::try_from(index).unwrap_or(u32::MAX));
            let child = self.growing.node(node, step, Some(item));
            let before = key(item).and_then(|key| old.get(&key).copied());
            let place = Place { schema: schema.and_then(Node::items), is_field: false };
            self.value(child, item, before, place);
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
