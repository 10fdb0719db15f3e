//! An object as the cluster stores it: unknown fields pruned, nulls gone, defaults filled in. Every value knows its
//! parent, so that a problem can name its field.

use std::fmt::Write as _;

use crate::manifest::object::Object;
use crate::yaml::derive::Deriver;
use crate::yaml::document::{Data, Entry, Text};
use crate::yaml::{Document, NodeId, Origin, Value, pointer};

/// How a value hangs in its parent.
#[derive(Clone, Debug)]
pub enum Step {
    /// It is the object itself.
    Root,
    /// A field of a struct: `.name`.
    Field(Text),
    /// A key of a map: `[name]`.
    Key(Text),
    /// An item of a list: `[0]`.
    Index(u32),
}

#[derive(Debug)]
struct Link {
    parent: NodeId,
    step: Step,
    raw: Option<NodeId>,
    opaque: bool,
    only_applied: bool,
}

/// The stored form of one object.
#[derive(Debug)]
pub struct Stored {
    document: Document,
    links: Vec<Link>,
}

/// A place in a stored object, present or not: a value, or what hangs at it.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The value that is there.
    pub value: Value<'a>,
    /// What hangs at it: fields of structs, joined with dots, a key or an index.
    pub step: AtStep<'a>,
}

/// What hangs at a value.
#[derive(Clone, Copy, Debug)]
pub enum AtStep<'a> {
    /// The value itself.
    Here,
    /// A field, or several joined with dots.
    Field(&'a str),
    /// A key of a map.
    Key(&'a str),
    /// A key of a map, and the value that is there.
    Entry(&'a str, Value<'a>),
    /// An item of a list.
    Index(usize),
}

/// The places at a value.
pub trait Places<'a> {
    /// The value itself.
    fn here(self) -> At<'a>;
    /// A field (`spec`, `rollingUpdate.maxSurge`), present or not.
    fn at(self, field: &'a str) -> At<'a>;
    /// A key of a map.
    fn at_key(self, key: &'a str) -> At<'a>;
    /// A key of a map whose value is known, so that nothing looks for it.
    fn at_entry(self, key: &'a str, value: Value<'a>) -> At<'a>;
    /// An item of a list.
    fn at_index(self, index: usize) -> At<'a>;
}

impl<'a> Places<'a> for Value<'a> {
    fn here(self) -> At<'a> {
        At { value: self, step: AtStep::Here }
    }

    fn at(self, field: &'a str) -> At<'a> {
        At { value: self, step: AtStep::Field(field) }
    }

    fn at_key(self, key: &'a str) -> At<'a> {
        At { value: self, step: AtStep::Key(key) }
    }

    fn at_entry(self, key: &'a str, value: Value<'a>) -> At<'a> {
        At { value: self, step: AtStep::Entry(key, value) }
    }

    fn at_index(self, index: usize) -> At<'a> {
        At { value: self, step: AtStep::Index(index) }
    }
}

impl<'a> At<'a> {
    /// The value of the place, if there is one.
    #[must_use]
    pub fn target(self) -> Option<Value<'a>> {
        match self.step {
            AtStep::Here => Some(self.value),
            AtStep::Field(path) if !path.as_bytes().contains(&b'.') => self.value.get(path),
            AtStep::Field(path) => path.split('.').try_fold(self.value, Value::get),
            AtStep::Key(key) => self.value.get(key),
            AtStep::Entry(_, value) => Some(value),
            AtStep::Index(index) => self.value.item(index),
        }
    }
}

impl Stored {
    /// The object.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        self.document.root()
    }

    /// The object that another one became: what is unknown of that one's values is unknown of the same ones here.
    pub(crate) fn rewritten(self, object: &Object) -> Object {
        let unknown = self.links.iter().enumerate().filter_map(|(index, link)| {
            let why = object.unknown(object.document.value(link.raw?))?;
            Some((NodeId(u32::try_from(index).ok()?), why))
        });
        let unknown = unknown.collect();
        object.rewritten(self.document, unknown)
    }

    /// The value of the raw document that a value was made from; none for a default.
    #[must_use]
    pub fn raw(&self, value: Value<'_>) -> Option<NodeId> {
        self.links.get(value.id().0 as usize)?.raw
    }

    /// The value, or one that holds it, is not what the schema says or is not known, so that nothing more is said of it.
    #[must_use]
    pub fn is_opaque(&self, value: Value<'_>) -> bool {
        self.chain(value.id()).any(|link| link.opaque)
    }

    /// The same, whatever holds it.
    #[must_use]
    pub fn is_opaque_itself(&self, value: Value<'_>) -> bool {
        self.links.get(value.id().0 as usize).is_some_and(|link| link.opaque)
    }

    /// Only server-side apply makes this of what the manifest says; everything else refuses it.
    #[must_use]
    pub fn is_only_applied(&self, value: Value<'_>) -> bool {
        self.links.get(value.id().0 as usize).is_some_and(|link| link.only_applied)
    }

    /// Fill in a field that is not there. `parent` is a mapping of this object.
    pub fn add(&mut self, parent: NodeId, field: &str, value: &serde_json::Value) {
        let links = &mut self.links;
        self.document.add(parent, field, value, &mut |parent, key| {
            let step = match key {
                Ok(key) => Step::Field(key),
                Err(index) => Step::Index(index),
            };
            links.push(Link { parent, step, raw: None, opaque: false, only_applied: false });
        });
    }

    /// Fill in an entry of a map that is not there. `map` is a map of this object, such as `resources.requests`.
    pub fn add_key(&mut self, map: NodeId, key: &str, value: &serde_json::Value) {
        let made = self.links.len();
        self.add(map, key, value);
        if let Some(link) = self.links.get_mut(made)
            && let Step::Field(key) = link.step
        {
            link.step = Step::Key(key);
        }
    }

    fn chain(&self, from: NodeId) -> impl Iterator<Item = &Link> {
        let mut next = self.links.get(from.0 as usize);
        std::iter::from_fn(move || {
            let link = next?;
            next = if matches!(link.step, Step::Root) { None } else { self.links.get(link.parent.0 as usize) };
            Some(link)
        })
    }

    /// The server's name of a place and its JSON pointer: `spec.hard[cpu]`, `/spec/hard/cpu`.
    #[must_use]
    pub fn names(&self, at: At<'_>) -> (String, String) {
        self.name(at, Names::default())
    }

    /// The same where the server joins everything with dots: `spec.hard.cpu`.
    #[must_use]
    pub fn dotted(&self, at: At<'_>) -> (String, String) {
        self.name(at, Names { dotted: true, ..Names::default() })
    }

    fn name(&self, at: At<'_>, mut names: Names) -> (String, String) {
        let steps: Vec<&Link> = self.chain(at.value.id()).collect();
        for link in steps.into_iter().rev() {
            names.step(&link.step, |text| self.document.text_of(text));
        }
        match at.step {
            AtStep::Here => {}
            AtStep::Field(path) => path.split('.').for_each(|field| names.field(field)),
            AtStep::Key(key) | AtStep::Entry(key, _) => names.key(key),
            AtStep::Index(index) => names.index(index),
        }
        (names.field, names.pointer)
    }
}

#[derive(Default)]
struct Names {
    field: String,
    pointer: String,
    /// Keys of maps are written as fields are.
    dotted: bool,
}

impl Names {
    fn step<'t>(&mut self, step: &Step, text: impl Fn(&Text) -> &'t str) {
        match step {
            Step::Root => {}
            Step::Field(name) => self.field(text(name)),
            Step::Key(name) => self.key(text(name)),
            Step::Index(index) => self.index(*index as usize),
        }
    }

    fn field(&mut self, name: &str) {
        if !self.field.is_empty() {
            self.field.push('.');
        }
        self.field.push_str(name);
        self.pointer = pointer::child(&self.pointer, name);
    }

    fn key(&mut self, name: &str) {
        if self.dotted {
            return self.field(name);
        }
        _ = write!(self.field, "[{name}]");
        self.pointer = pointer::child(&self.pointer, name);
    }

    fn index(&mut self, index: usize) {
        _ = write!(self.field, "[{index}]");
        self.pointer = pointer::child(&self.pointer, &index.to_string());
    }
}

/// A stored object while it grows: a [`Deriver`] that remembers parents.
#[derive(Debug)]
pub struct Growing<'a> {
    deriver: Deriver<'a>,
    links: Vec<Link>,
}

impl<'a> Growing<'a> {
    /// The stored form of an object of `raw` begins.
    #[must_use]
    pub fn new(raw: &'a Document) -> Self {
        Self { deriver: Deriver::new(raw), links: Vec::with_capacity(128) }
    }

    /// A value whose content comes later.
    pub fn node(&mut self, parent: NodeId, step: Step, raw: Option<Value<'a>>) -> NodeId {
        let origin = raw.map_or(Origin::Default, Value::origin);
        self.links.push(Link { parent, step, raw: raw.map(Value::id), opaque: false, only_applied: false });
        self.deriver.node(origin)
    }

    /// Nothing more is said of a value: it is unknown, or not of its type.
    pub fn opaque(&mut self, node: NodeId) {
        if let Some(link) = self.links.get_mut(node.0 as usize) {
            link.opaque = true;
        }
    }

    /// Only server-side apply makes this of what the manifest says.
    pub fn only_applied(&mut self, node: NodeId) {
        if let Some(link) = self.links.get_mut(node.0 as usize) {
            link.only_applied = true;
        }
    }

    /// Nothing more is said of a value.
    #[must_use]
    pub fn is_opaque(&self, node: NodeId) -> bool {
        self.links.get(node.0 as usize).is_some_and(|link| link.opaque)
    }

    /// Copy a value of the raw document as it is, with all that is below it.
    pub fn verbatim(&mut self, node: NodeId, raw: Value<'a>) {
        match raw.data() {
            Data::Sequence(_) => {
                let mark = self.deriver.mark();
                for (index, item) in raw.items().enumerate() {
                    let step = Step::Index(u32::try_from(index).unwrap_or(u32::MAX));
                    let child = self.node(node, step, Some(item));
                    self.verbatim(child, item);
                    self.deriver.item(child);
                }
                self.deriver.list(node, mark);
            }
            Data::Mapping(..) => {
                let mark = self.deriver.mark();
                for entry in raw.raw_entries() {
                    let value = raw.document().value(entry.value);
                    let key = self.deriver.text_of(&entry.key);
                    let child = self.node(node, Step::Field(key), Some(value));
                    self.verbatim(child, value);
                    self.deriver.push(Entry { key, value: child, ..*entry });
                }
                self.deriver.mapping(node, mark);
            }
            _ => self.deriver.set_scalar_of(node, raw),
        }
    }

    /// Fill a node with a JSON value that no source has.
    pub fn fill(&mut self, node: NodeId, value: &serde_json::Value) {
        let data = match value {
            serde_json::Value::Null => Data::Null,
            serde_json::Value::Bool(value) => Data::Bool(*value),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Data::Int(int),
                (None, float) => Data::Float(float.unwrap_or_default()),
            },
            serde_json::Value::String(text) => Data::String(self.deriver.own(text)),
            serde_json::Value::Array(items) => {
                let mark = self.deriver.mark();
                for (index, item) in items.iter().enumerate() {
                    let child = self.node(node, Step::Index(u32::try_from(index).unwrap_or(u32::MAX)), None);
                    self.fill(child, item);
                    self.deriver.item(child);
                }
                self.deriver.list(node, mark);
                return;
            }
            serde_json::Value::Object(entries) => {
                let mark = self.deriver.mark();
                for (key, value) in entries {
                    let key = self.deriver.own(key);
                    let child = self.node(node, Step::Field(key), None);
                    self.fill(child, value);
                    self.deriver.entry(key, Origin::Default, child);
                }
                self.deriver.mapping(node, mark);
                return;
            }
        };
        self.deriver.set(node, data);
    }

    /// The deriver: texts, collections, scalars.
    pub fn deriver(&mut self) -> &mut Deriver<'a> {
        &mut self.deriver
    }

    /// The server's name of a node, or of a field of it that is not there, and its JSON pointer.
    #[must_use]
    pub fn names(&self, node: NodeId, field: Option<&str>) -> (String, String) {
        self.name(node, field, Names::default())
    }

    /// The same where the server joins everything with dots.
    #[must_use]
    pub fn dotted(&self, node: NodeId, field: &str) -> (String, String) {
        self.name(node, Some(field), Names { dotted: true, ..Names::default() })
    }

    fn name(&self, node: NodeId, field: Option<&str>, mut names: Names) -> (String, String) {
        let mut steps = Vec::new();
        let mut next = self.links.get(node.0 as usize);
        while let Some(link) = next {
            steps.push(&link.step);
            next = if matches!(link.step, Step::Root) { None } else { self.links.get(link.parent.0 as usize) };
        }
        for step in steps.into_iter().rev() {
            names.step(step, |text| self.deriver.str(text));
        }
        if let Some(field) = field {
            names.field(field);
        }
        (names.field, names.pointer)
    }

    /// The stored object.
    #[must_use]
    pub fn finish(self, root: NodeId) -> Stored {
        Stored { document: self.deriver.finish(root), links: self.links }
    }
}
