//! The first step of the API server on a built-in kind: Go's strict decoding, pruning, and defaults from the table.
//!
//! Field names are case-sensitive, null is the zero value, quantities may be numbers. Where the server stops at the first
//! value that it cannot decode, this goes on: what was not decoded counts as unknown, so that no follow-up is reported.

mod lists;
mod scalar;

use std::sync::Arc;

use super::minors::MinorSet;
use super::problem::{Cause, Problem, Raised};
use super::stored::{Growing, Step, Stored};
use super::table::{Def, Facts, Field, FieldSet, Kind, Scalar, Type};
use super::values::nearest;
use crate::manifest::object::Object;
use crate::yaml::document::{Data, Entry};
use crate::yaml::{self, NodeId, Value};

/// A built-in object as the server decoded it.
#[derive(Debug)]
pub struct Decoded {
    /// Unknown fields and nulls gone, the table's defaults filled in.
    pub stored: Stored,
    /// What decoding refuses.
    pub problems: Vec<Problem>,
    /// The fields that the definitions call required and that are not there. The server looks for most of them while it
    /// checks values, so that what `values` says of one comes first.
    pub missing: Vec<Problem>,
}

/// Decode an object of a built-in kind.
#[must_use]
pub fn decode(object: &Object, kind: Kind, minors: MinorSet) -> Decoded {
    let root = object.value();
    let mut growing = Growing::new(root.document());
    let node = growing.node(NodeId(0), Step::Root, Some(root));
    let mut walk = Walk::new(&mut growing, object);
    walk.fill(node, root, Type::Struct(kind.def()), minors);
    let Walk { problems, missing, .. } = walk;
    Decoded { stored: growing.finish(node), problems, missing }
}

/// Decode one value of an object, `metadata` say, into a node of the stored object. Gives what decoding refuses.
pub(super) fn part<'a>(
    growing: &mut Growing<'a>,
    object: &Object,
    (node, raw): (NodeId, Value<'a>),
    def: Def,
    minors: MinorSet,
) -> Vec<Problem> {
    let mut walk = Walk::new(growing, object);
    walk.fill(node, raw, Type::Struct(def), minors);
    walk.problems
}

struct Walk<'w, 'a> {
    growing: &'w mut Growing<'a>,
    object: &'w Object,
    problems: Vec<Problem>,
    missing: Vec<Problem>,
    /// Unknown fields are an error. Not so below the types that decode themselves.
    strict: bool,
}

impl<'w, 'a> Walk<'w, 'a> {
    fn new(growing: &'w mut Growing<'a>, object: &'w Object) -> Self {
        Self { growing, object, problems: Vec::new(), missing: Vec::new(), strict: true }
    }

    /// Decode a raw value, which is not null, into a node.
    #[inline]
    fn fill(&mut self, node: NodeId, raw: Value<'a>, ty: Type, minors: MinorSet) {
        if self.object.has_unknown() && raw.is_scalar() && self.object.unknown(raw).is_some() {
            self.growing.verbatim(node, raw);
            self.growing.opaque(node);
            return;
        }
        match (ty, raw.data()) {
            (Type::Struct(def), Data::Mapping(..)) => self.structure(node, raw, def, minors),
            (Type::List(item), Data::Sequence(_)) => self.list(node, raw, item.ty(), minors),
            (Type::Map(value), Data::Mapping(..)) => self.map(node, raw, value.ty(), minors),
            (Type::Scalar(scalar), _) => self.scalar(node, raw, scalar, minors),
            (Type::Struct(_) | Type::List(_) | Type::Map(_), _) => {
                self.wrong_type(node, raw, &scalar::go_type(ty), minors);
            }
        }
    }

    #[inline(never)]
    fn list(&mut self, node: NodeId, raw: Value<'a>, item: Type, minors: MinorSet) {
        let mark = self.growing.deriver().mark();
        for (index, value) in raw.items().enumerate() {
            let step = Step::Index(u32::try_from(index).unwrap_or(u32::MAX));
            let child = self.growing.node(node, step, Some(value));
            self.value_or_zero(child, value, item, minors);
            self.growing.deriver().item(child);
        }
        self.growing.deriver().list(node, mark);
    }

    #[inline(never)]
    fn map(&mut self, node: NodeId, raw: Value<'a>, value_type: Type, minors: MinorSet) {
        let mark = self.growing.deriver().mark();
        for entry in raw.raw_entries() {
            let value = raw.document().value(entry.value);
            let key = self.growing.deriver().text_of(&entry.key);
            let child = self.growing.node(node, Step::Key(key), Some(value));
            self.value_or_zero(child, value, value_type, minors);
            self.growing.deriver().push(Entry { key, value: child, ..*entry });
        }
        self.growing.deriver().mapping(node, mark);
    }

    /// null in a list or a map is the zero value of the type.
    #[inline]
    fn value_or_zero(&mut self, node: NodeId, raw: Value<'a>, ty: Type, minors: MinorSet) {
        if !raw.is_null() {
            return self.fill(node, raw, ty, minors);
        }
        self.zero(node, ty, minors);
    }

    #[cold]
    fn zero(&mut self, node: NodeId, ty: Type, minors: MinorSet) {
        match ty {
            Type::Struct(def) => {
                let mark = self.growing.deriver().mark();
                self.defaults(node, def, FieldSet::default(), minors);
                self.growing.deriver().mapping(node, mark);
            }
            Type::List(_) => self.growing.fill(node, &serde_json::Value::Array(Vec::new())),
            Type::Map(_) => self.growing.fill(node, &serde_json::Value::Object(serde_json::Map::new())),
            Type::Scalar(Scalar::String | Scalar::Base64 | Scalar::Time | Scalar::MicroTime) => {
                self.growing.fill(node, &"".into());
            }
            Type::Scalar(Scalar::Bool) => self.growing.fill(node, &false.into()),
            Type::Scalar(Scalar::Int32 | Scalar::Int64 | Scalar::Number | Scalar::IntOrString | Scalar::Quantity) => {
                self.growing.fill(node, &0.into());
            }
            Type::Scalar(_) => {}
        }
    }

    #[inline(never)]
    fn structure(&mut self, node: NodeId, raw: Value<'a>, def: Def, minors: MinorSet) {
        let mark = self.growing.deriver().mark();
        let mut there = FieldSet::default();
        for entry in raw.raw_entries() {
            let document = raw.document();
            let value = document.value(entry.value);
            let name = document.bytes_of(&entry.key);
            // SOPS removes its own block before anybody applies the object.
            if node == NodeId(0) && name == b"sops" && self.object.unknown(value).is_some() {
                continue;
            }
            let mut missing = minors;
            let (bits, fields) = def.named(name, entry.hash);
            for field in fields {
                let known = field.minors().within(minors);
                missing = missing.without(known);
                if known.is_empty() || value.is_null() {
                    continue;
                }
                let key = self.growing.deriver().text_of(&entry.key);
                let child = self.growing.node(node, Step::Field(key), Some(value));
                self.fill(child, value, field.ty(), known);
                if let Some(facts) = field.facts() {
                    self.facts(child, value, (field, facts), known);
                }
                if self.strict && matches!(value.data(), Data::Sequence(_)) && !self.growing.is_opaque(child) {
                    self.list_keys(child, value, field, known);
                }
                self.growing.deriver().push(Entry { key, value: child, ..*entry });
                there.add(bits);
            }
            if !missing.is_empty() && self.strict {
                self.unknown_field(node, document.text_of(&entry.key), def, missing);
            }
        }
        self.required(node, def, there, minors);
        self.defaults(node, def, there, minors);
        self.growing.deriver().mapping(node, mark);
    }

    fn required(&mut self, node: NodeId, def: Def, there: FieldSet, minors: MinorSet) {
        for field in def.required(there) {
            let required = field.enforced().within(minors);
            if required.is_empty() || field.facts().is_some_and(Facts::is_optional) {
                continue;
            }
            let (name, pointer) = self.growing.names(node, Some(field.name()));
            self.missing.push(Problem {
                cause: Cause::Required,
                field: name,
                pointer,
                message: "Required value".to_owned(),
                raised: Raised::Always,
                minors: required,
                suggestion: None,
                absent: true,
            });
        }
    }

    fn defaults(&mut self, node: NodeId, def: Def, there: FieldSet, minors: MinorSet) {
        for (field, default) in def.defaults(there) {
            if field.minors().within(minors).is_empty() {
                continue;
            }
            let key = self.growing.deriver().share(Arc::clone(&default.name));
            let child = self.growing.node(node, Step::Field(key), None);
            match (field.ty(), &default.value, &default.text) {
                // A struct that is filled in has defaults of its own.
                (Type::Struct(inner), serde_json::Value::Object(fields), _) if fields.is_empty() => {
                    let mark = self.growing.deriver().mark();
                    self.defaults(child, inner, FieldSet::default(), minors);
                    self.growing.deriver().mapping(child, mark);
                }
                (_, _, Some(text)) => {
                    let text = self.growing.deriver().share(Arc::clone(text));
                    self.growing.deriver().set(child, Data::String(text));
                }
                (_, value, None) => self.growing.fill(child, value),
            }
            let entry = Entry { key, key_origin: yaml::Origin::Default, value: child, hash: default.hash };
            self.growing.deriver().push(entry);
        }
    }

    /// The types of a CRD's schema that decode themselves: what they hold is not decoded strictly.
    #[inline(never)]
    fn schema_or(&mut self, node: NodeId, raw: Value<'a>, scalar: Scalar, minors: MinorSet) {
        let schema = Def::find("apiextensions.v1.JSONSchemaProps").map(Type::Struct);
        let before = std::mem::replace(&mut self.strict, false);
        match (scalar, raw.kind(), schema) {
            (_, yaml::Kind::Mapping, Some(schema)) => self.fill(node, raw, schema, minors),
            (Scalar::SchemaOrBool, yaml::Kind::Bool, _) | (Scalar::SchemaOrStrings, yaml::Kind::Sequence, _) => {
                self.growing.verbatim(node, raw);
            }
            (Scalar::SchemaOrArray, yaml::Kind::Sequence, Some(schema)) => self.list(node, raw, schema, minors),
            (Scalar::SchemaOrBool, ..) => {
                self.growing.verbatim(node, raw);
                self.growing.opaque(node);
                self.push(Cause::Type, node, None, "boolean or JSON schema expected".to_owned(), minors);
            }
            // Anything else decodes into neither a schema nor a list.
            _ => self.growing.verbatim(node, raw),
        }
        self.strict = before;
    }

    /// Only this way of applying raises the last problem.
    fn raised(&mut self, raised: Raised) {
        if let Some(last) = self.problems.last_mut() {
            last.raised = raised;
        }
    }

    #[cold]
    fn unknown_field(&mut self, node: NodeId, name: &str, def: Def, minors: MinorSet) {
        let (field, _) = self.growing.names(node, Some(name));
        self.push(Cause::UnknownField, node, Some(name), format!("unknown field \"{field}\""), minors);
        let known = def.fields().filter(|field| !field.minors().within(minors).is_empty()).map(Field::name);
        if let Some(last) = self.problems.last_mut() {
            last.suggestion = nearest(name, known);
        }
    }

    #[cold]
    fn push(&mut self, cause: Cause, node: NodeId, missing: Option<&str>, message: String, minors: MinorSet) {
        let (field, pointer) = self.growing.names(node, missing);
        self.problems.push(Problem {
            cause,
            field,
            pointer,
            message,
            raised: Raised::Always,
            minors,
            suggestion: None,
            absent: false,
        });
    }
}
