//! The first steps of the API server on a custom resource: what pruning removes, nulls, defaults, `metadata`.

use super::node::{Additional, Literal, Node};
use super::pack::Version;
use crate::manifest::object::Object;
use crate::schema::decode;
use crate::schema::minors::MinorSet;
use crate::schema::problem::{Cause, Problem, Raised};
use crate::schema::stored::{Growing, Step, Stored};
use crate::schema::table::Def;
use crate::schema::values::nearest;
use crate::yaml::document::{Data, Entry};
use crate::yaml::{NodeId, Origin, Value};

/// The fields that every resource has, whatever its schema says.
const META: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// The fields of every resource that are no part of its schema's properties.
fn is_meta(key: &str) -> bool {
    META.contains(&key)
}

/// A custom resource as the server decoded it: unknown fields and nulls gone, defaults filled in.
pub(super) struct Decoded {
    pub(super) stored: Stored,
    /// What decoding refuses.
    pub(super) problems: Vec<Problem>,
    /// Something is gone that server-side apply keeps: a null, or what lies in an object without properties.
    pub(super) lossy: bool,
    /// There are more defaults than are filled in.
    pub(super) gave_up: bool,
}

/// Values that defaults may add to an object. A few lines of defaults within defaults add a million to every item of a
/// list; of what the server stores, which is some megabytes at most, no object has so many.
const MOST_FILLED: usize = 500_000;

/// What an object is decoded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// POST and PUT drop a null where the schema has none.
    Post,
    /// Server-side apply keeps it, and validates what it drops only afterwards.
    Apply,
    /// An object that is stored in another version is read: nothing is filled in.
    Conversion,
}

/// Decode a custom resource.
pub(super) fn decode(object: &Object, version: Version<'_>, minors: MinorSet, way: Way) -> Decoded {
    let raw = object.value();
    let keeps_all = version.kind().preserves_unknown_fields();
    let mut walk = Walk {
        growing: Growing::new(raw.document()),
        object,
        problems: Vec::new(),
        minors,
        keeps_all,
        way,
        lossy: false,
        in_status: false,
        filled: 0,
    };
    let root = walk.growing.node(NodeId(0), Step::Root, Some(raw));
    let schema = version.root();
    let free = schema.preserves_unknown_fields();
    let how = How { keeps: keeps_all || free, free, is_root: true };
    walk.root(root, raw, schema, how, version.has_status());
    Decoded { lossy: walk.lossy, gave_up: walk.is_full(), stored: walk.growing.finish(root), problems: walk.problems }
}

/// What server-side apply makes of a problem of metadata: it takes no notice of the object's own times, which the server
/// sets itself, and to it, a key that is not there is empty.
fn of_metadata(mut problem: Problem) -> Option<Problem> {
    if matches!(problem.pointer.as_str(), "/metadata/creationTimestamp" | "/metadata/deletionTimestamp") {
        problem.raised = Raised::ByPost;
    }
    (problem.cause != Cause::DuplicateListKey || !problem.message.starts_with("element")).then_some(problem)
}

/// How the fields are treated that a schema does not name.
#[derive(Clone, Copy)]
struct How {
    /// They stay.
    keeps: bool,
    /// Server-side apply takes them, here and everywhere below.
    free: bool,
    /// Of the resource itself, which has `metadata` at least: to server-side apply it is never a map of anything.
    is_root: bool,
}

struct Walk<'a, 'w> {
    growing: Growing<'a>,
    object: &'w Object,
    problems: Vec<Problem>,
    minors: MinorSet,
    keeps_all: bool,
    way: Way,
    lossy: bool,
    /// Below a `status` that is a subresource and so dropped.
    in_status: bool,
    /// Values that defaults added.
    filled: usize,
}

/// The values of a default that no schema looks into.
fn size(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => items.iter().fold(1, |sum, item| sum + size(item)),
        serde_json::Value::Object(fields) => fields.values().fold(1, |sum, value| sum + size(value)),
        _ => 1,
    }
}

impl<'a> Walk<'a, '_> {
    fn is_full(&self) -> bool {
        self.filled >= MOST_FILLED
    }

    fn root(&mut self, node: NodeId, raw: Value<'a>, schema: Node<'_>, how: How, drops_status: bool) {
        let mark = self.growing.deriver().mark();
        for entry in raw.raw_entries() {
            match raw.document().text_of(&entry.key) {
                key if is_meta(key) => self.meta(node, raw, entry, true),
                // SOPS removes its own block before anybody applies the object.
                "sops" if self.object.unknown(raw.document().value(entry.value)).is_some() => {}
                "status" if drops_status => {
                    let before = self.growing.deriver().mark();
                    self.in_status = true;
                    self.entry(node, raw, entry, Some(schema), how);
                    self.in_status = false;
                    self.growing.deriver().forget(before);
                }
                _ => self.entry(node, raw, entry, Some(schema), how),
            }
        }
        self.defaults(node, schema, mark, drops_status);
        self.growing.deriver().mapping(node, mark);
    }

    /// Decode a value that is not null into a node.
    fn value(&mut self, node: NodeId, raw: Value<'a>, schema: Option<Node<'_>>, how: How) {
        match raw.data() {
            Data::Mapping(..) => {
                let mark = self.growing.deriver().mark();
                let is_embedded = schema.is_some_and(Node::is_embedded_resource);
                for entry in raw.raw_entries() {
                    if is_embedded && is_meta(raw.document().text_of(&entry.key)) {
                        self.meta(node, raw, entry, false);
                    } else {
                        self.entry(node, raw, entry, schema, how);
                    }
                }
                if let Some(schema) = schema {
                    self.defaults(node, schema, mark, false);
                }
                self.growing.deriver().mapping(node, mark);
            }
            Data::Sequence(_) => {
                let items = schema.and_then(Node::items);
                let how =
                    if how.keeps { How { keeps: true, ..self.below(items, how) } } else { self.below(items, how) };
                let mark = self.growing.deriver().mark();
                for (index, value) in raw.items().enumerate() {
                    let step = Step::Index(u32::try_from(index).unwrap_or(u32::MAX));
                    let child = self.growing.node(node, step, Some(value));
                    match items.filter(|items| value.is_null() && !items.is_nullable()).and_then(Node::default) {
                        Some(default) => self.literal(child, default, items),
                        None => self.value(child, value, items, how),
                    }
                    self.growing.deriver().item(child);
                }
                self.growing.deriver().list(node, mark);
            }
            _ => {
                self.growing.deriver().set_scalar_of(node, raw);
                if self.object.unknown(raw).is_some() {
                    self.growing.opaque(node);
                }
            }
        }
    }

    fn below(&self, schema: Option<Node<'_>>, how: How) -> How {
        let preserves = schema.is_some_and(Node::preserves_unknown_fields);
        How { keeps: self.keeps_all || preserves, free: how.free || preserves, is_root: false }
    }

    /// One field of an object that has a schema, or lies where nothing is known.
    fn entry(&mut self, node: NodeId, raw: Value<'a>, entry: &'a Entry, schema: Option<Node<'_>>, how: How) {
        let name = raw.document().text_of(&entry.key);
        let value = raw.document().value(entry.value);
        let property = schema.and_then(|schema| schema.property(name));
        let (child_schema, child_how, is_key) = match (property, schema.and_then(Node::additional)) {
            (Some(property), _) => (Some(property), self.below(Some(property), how), false),
            (None, Some(Additional::Schema(values))) => (Some(values), self.below(Some(values), how), true),
            (None, Some(Additional::Bool(_))) => (None, self.below(None, how), true),
            (None, None) if how.keeps => (None, how, false),
            (None, None) => return self.unknown_field(node, (name, value), entry, schema, how),
        };
        let step_of = |key| if is_key { Step::Key(key) } else { Step::Field(key) };
        if let Some(schema) = child_schema.filter(|schema| value.is_null() && !schema.is_nullable() && !self.keeps_all)
        {
            match schema.default() {
                None if self.way == Way::Apply => {
                    let key = self.growing.deriver().text_of(&entry.key);
                    let child = self.growing.node(node, step_of(key), Some(value));
                    self.growing.deriver().push(Entry { key, value: child, ..*entry });
                }
                // In a status that is dropped it offends nobody.
                None => self.lossy |= !self.in_status,
                Some(default) => {
                    let key = self.growing.deriver().text_of(&entry.key);
                    let child = self.growing.node(node, step_of(key), None);
                    self.literal(child, default, Some(schema));
                    self.growing.deriver().entry(key, Origin::Default, child);
                }
            }
            return;
        }
        let key = self.growing.deriver().text_of(&entry.key);
        let child = self.growing.node(node, step_of(key), Some(value));
        self.value(child, value, child_schema, child_how);
        self.growing.deriver().push(Entry { key, value: child, ..*entry });
    }

    /// `apiVersion`, `kind` or `metadata` of the object or of one in it.
    fn meta(&mut self, node: NodeId, raw: Value<'a>, entry: &'a Entry, is_root: bool) {
        let value = raw.document().value(entry.value);
        let key = self.growing.deriver().text_of(&entry.key);
        let is_metadata = raw.document().text_of(&entry.key) == "metadata";
        if is_metadata && value.is_null() {
            // The server writes times into that of the resource before it validates.
            if is_root {
                let child = self.growing.node(node, Step::Field(key), Some(value));
                let mark = self.growing.deriver().mark();
                self.growing.deriver().mapping(child, mark);
                self.growing.deriver().push(Entry { key, value: child, ..*entry });
            }
            return;
        }
        let child = self.growing.node(node, Step::Field(key), Some(value));
        if let Some(def) = Def::find("meta.v1.ObjectMeta").filter(|_| is_metadata) {
            let found = decode::part(&mut self.growing, self.object, (child, value), def, self.minors);
            self.problems.extend(found.into_iter().filter_map(of_metadata));
        } else {
            self.growing.verbatim(child, value);
            if self.object.unknown(value).is_some() {
                self.growing.opaque(child);
            } else if value.as_str().is_none() {
                let shown = serde_json::to_string(&value).unwrap_or_default();
                let (field, pointer) = self.growing.names(child, None);
                self.push(Cause::Type, field, pointer, format!("Invalid value: {shown}: must be a string"));
                self.growing.opaque(child);
            }
        }
        self.growing.deriver().push(Entry { key, value: child, ..*entry });
    }

    /// Fill in the properties that have a default and are not there.
    fn defaults(&mut self, node: NodeId, schema: Node<'_>, mark: (usize, usize), drops_status: bool) {
        if self.way == Way::Conversion {
            return;
        }
        for (name, property) in schema.defaults() {
            let deriver = self.growing.deriver();
            let is_there = deriver.pending(mark).iter().any(|entry| deriver.str(&entry.key) == name);
            let is_dropped = drops_status && name == "status";
            let Some(default) = property.default().filter(|_| !is_there && !is_dropped) else { continue };
            self.filled = self.filled.saturating_add(1);
            if self.is_full() {
                return;
            }
            let key = self.growing.deriver().own(name);
            let child = self.growing.node(node, Step::Field(key), None);
            self.literal(child, default, Some(property));
            self.growing.deriver().entry(key, Origin::Default, child);
        }
    }

    fn literal(&mut self, node: NodeId, literal: Literal<'_>, schema: Option<Node<'_>>) {
        match literal {
            Literal::String(text) => {
                let text = self.growing.deriver().own(text);
                self.growing.deriver().set(node, Data::String(text));
            }
            Literal::Json(text) => {
                if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
                    self.json(node, &value, schema);
                }
            }
        }
    }

    /// Fill a node with a default, which is completed by the defaults of what it holds.
    fn json(&mut self, node: NodeId, value: &serde_json::Value, schema: Option<Node<'_>>) {
        self.filled = self.filled.saturating_add(if schema.is_some() { 1 } else { size(value) });
        if self.is_full() {
            return;
        }
        match (value, schema) {
            (serde_json::Value::Object(fields), Some(schema)) => {
                let mark = self.growing.deriver().mark();
                for (name, value) in fields {
                    let property = schema.property(name);
                    let key = self.growing.deriver().own(name);
                    let (child_schema, step) = match (property, schema.additional()) {
                        (Some(property), _) => (Some(property), Step::Field(key)),
                        (None, Some(Additional::Schema(values))) => (Some(values), Step::Key(key)),
                        _ => (None, Step::Field(key)),
                    };
                    let child = self.growing.node(node, step, None);
                    self.json(child, value, child_schema);
                    self.growing.deriver().entry(key, Origin::Default, child);
                }
                self.defaults(node, schema, mark, false);
                self.growing.deriver().mapping(node, mark);
            }
            (serde_json::Value::Array(items), Some(schema)) => {
                let mark = self.growing.deriver().mark();
                for (index, item) in items.iter().enumerate() {
                    let step = Step::Index(u32::try_from(index).unwrap_or(u32::MAX));
                    let child = self.growing.node(node, step, None);
                    self.json(child, item, schema.items());
                    self.growing.deriver().item(child);
                }
                self.growing.deriver().list(node, mark);
            }
            _ => self.growing.fill(node, value),
        }
    }

    fn unknown_field(
        &mut self,
        node: NodeId,
        (name, value): (&str, Value<'a>),
        entry: &Entry,
        schema: Option<Node<'_>>,
        how: How,
    ) {
        // Server-side apply lets an object without properties hold anything, and drops it afterwards.
        let is_closed = (how.is_root || schema.is_some_and(Node::has_properties)) && !how.free;
        if !is_closed && self.way == Way::Apply {
            let key = self.growing.deriver().text_of(&entry.key);
            let child = self.growing.node(node, Step::Field(key), Some(value));
            self.growing.verbatim(child, value);
            self.growing.deriver().push(Entry { key, value: child, ..*entry });
            return;
        }
        self.lossy |= !is_closed && !self.in_status;
        let (field, pointer) = self.growing.dotted(node, name);
        let message = format!("unknown field \"{field}\"");
        self.push(Cause::UnknownField, field, pointer, message);
        if let Some(last) = self.problems.last_mut() {
            last.raised = if is_closed { Raised::Always } else { Raised::ByPost };
            last.suggestion = schema.and_then(|schema| nearest(name, schema.properties().map(|(name, _)| name)));
        }
    }

    fn push(&mut self, cause: Cause, field: String, pointer: String, message: String) {
        self.problems.push(Problem {
            cause,
            field,
            pointer,
            message,
            raised: Raised::Always,
            minors: self.minors,
            suggestion: None,
            absent: false,
        });
    }
}
