//! The first step of the API server on a built-in kind: Go's strict decoding, pruning, and defaults from the table.
//!
//! Field names are case-sensitive, null is the zero value, quantities may be numbers. Where the server stops at the first
//! value that it cannot decode, this goes on: what was not decoded counts as unknown, so that no follow-up is reported.

use std::collections::HashSet;
use std::sync::Arc;

use super::minors::MinorSet;
use super::problem::{Cause, Problem, Raised};
use super::stored::{Growing, Step, Stored};
use super::table::{Def, Facts, Field, FieldSet, Kind, Scalar, Type};
use super::text::{base64, quantity, time};
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
            (Type::Struct(_) | Type::List(_) | Type::Map(_), _) => self.wrong_type(node, raw, &go_type(ty), minors),
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

    #[inline(never)]
    fn scalar(&mut self, node: NodeId, raw: Value<'a>, scalar: Scalar, minors: MinorSet) {
        if let Some(number) = converted(scalar, raw.data()) {
            self.type_problem(node, raw, scalar_type(scalar), minors);
            self.raised(Raised::ByPost);
            self.growing.fill(node, &number.into());
            self.growing.only_applied(node);
            return;
        }
        let wrong = match (scalar, raw.data()) {
            (Scalar::Any, _) => return self.growing.verbatim(node, raw),
            (Scalar::SchemaOrBool | Scalar::SchemaOrArray | Scalar::SchemaOrStrings, _) => {
                return self.schema_or(node, raw, scalar, minors);
            }
            (Scalar::String | Scalar::Duration | Scalar::IntOrString, Data::String(_))
            | (Scalar::Bool, Data::Bool(_))
            | (Scalar::Int64, Data::Int(_))
            | (Scalar::Number, Data::Int(_) | Data::Float(_)) => None,
            (Scalar::Int32 | Scalar::IntOrString, Data::Int(number)) if i32::try_from(*number).is_ok() => None,
            (Scalar::Quantity, Data::String(_) | Data::Int(_) | Data::Float(_)) => {
                quantity::parse_value(raw).err().map(str::to_owned)
            }
            (Scalar::Base64, Data::String(_)) => base64::check(raw.as_str().unwrap_or_default()).err(),
            (Scalar::Time, Data::String(_)) => time::check(raw.as_str().unwrap_or_default()).err(),
            (Scalar::MicroTime, Data::String(_)) => time::check_micro(raw.as_str().unwrap_or_default()).err(),
            (Scalar::Quantity, _) => Some(quantity::FORMAT.to_owned()),
            _ => return self.wrong_type(node, raw, scalar_type(scalar), minors),
        };
        self.growing.deriver().set_scalar_of(node, raw);
        if let Some(message) = wrong {
            self.growing.opaque(node);
            self.push(Cause::Type, node, None, message, minors);
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

    #[cold]
    fn wrong_type(&mut self, node: NodeId, raw: Value<'a>, go_type: &str, minors: MinorSet) {
        self.growing.verbatim(node, raw);
        self.growing.opaque(node);
        self.type_problem(node, raw, go_type, minors);
    }

    #[cold]
    fn type_problem(&mut self, node: NodeId, raw: Value<'a>, go_type: &str, minors: MinorSet) {
        let json = match raw.data() {
            Data::Null => "null".to_owned(),
            Data::Bool(_) => "bool".to_owned(),
            Data::Int(number) if go_type.starts_with("int") => format!("number {number}"),
            Data::Float(number) if go_type.starts_with("int") => format!("number {number}"),
            Data::Int(_) | Data::Float(_) => "number".to_owned(),
            Data::String(_) => "string".to_owned(),
            Data::Sequence(_) => "array".to_owned(),
            Data::Mapping(..) => "object".to_owned(),
        };
        let message = format!("json: cannot unmarshal {json} into Go struct field of type {go_type}");
        self.push(Cause::Type, node, None, message, minors);
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

    /// What the overlay says of a field's own value.
    #[inline(never)]
    fn facts(&mut self, node: NodeId, raw: Value<'a>, (field, facts): (Field, Facts), minors: MinorSet) {
        if self.growing.is_opaque(node) {
            return;
        }
        let converted = if let Type::Scalar(scalar) = field.ty() { converted(scalar, raw.data()) } else { None };
        if let (Some(number), Some((low, high))) = (converted.or(raw.as_int()), facts.range())
            && !(low..=high).contains(&number)
        {
            let why = if high == i64::MAX {
                format!("must be greater than or equal to {low}")
            } else {
                format!("must be between {low} and {high}, inclusive")
            };
            self.push(Cause::Invalid, node, None, format!("Invalid value: {number}: {why}"), minors);
            if converted.is_some() {
                self.raised(Raised::ByApply);
            }
        }
        if let Some(text) = raw.as_str().filter(|text| !text.is_empty())
            && facts.values().len() > 0
            && facts.values().all(|value| value != text)
        {
            let values: Vec<String> = facts.values().map(|value| format!("{value:?}")).collect();
            let message = format!("Unsupported value: {text:?}: supported values: {}", values.join(", "));
            self.push(Cause::NotSupported, node, None, message, minors);
            if let Some(last) = self.problems.last_mut() {
                last.suggestion = nearest(text, facts.values());
            }
        }
        if let (Some(check), Some(text)) = (facts.check(), raw.as_str())
            && let Some(why) = super::text::check(check, text)
        {
            self.push(Cause::Invalid, node, None, format!("Invalid value: {text:?}: {why}"), minors);
        }
    }

    /// Server-side apply finds the items of some lists by their keys, and refuses two with the same.
    #[inline(never)]
    fn list_keys(&mut self, node: NodeId, raw: Value<'a>, field: Field, minors: MinorSet) {
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

/// The integer that server-side apply makes of a number that is none of its type: it drops a fraction of zeros, and the
/// bits that do not fit. Whoever decodes JSON refuses such a number.
fn converted(scalar: Scalar, data: &Data) -> Option<i64> {
    let (whole, is_int) = match data {
        Data::Int(number) => (*number, true),
        Data::Float(number) => (whole(*number)?, false),
        _ => return None,
    };
    let narrow = i32::try_from(whole);
    match (scalar, narrow) {
        (Scalar::Int32, Ok(_)) | (Scalar::Int64, _) if is_int => None,
        (Scalar::Int32 | Scalar::IntOrString, Ok(number)) => (!is_int).then_some(i64::from(number)),
        (Scalar::Int32, Err(_)) => Some(low_bits(whole)),
        (Scalar::Int64, _) => Some(whole),
        _ => None,
    }
}

/// A number without a fraction. What is too large for 64 bits is the smallest number, as processors have it.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    let fits = number.abs() < 9.2e18;
    (number.fract() == 0.0).then_some(if fits { number as i64 } else { i64::MIN })
}

#[expect(clippy::cast_possible_truncation, reason = "that is what is told")]
fn low_bits(number: i64) -> i64 {
    i64::from(number as i32)
}

fn go_type(ty: Type) -> String {
    match ty {
        Type::Scalar(scalar) => scalar_type(scalar).to_owned(),
        Type::Struct(def) => def.name().rsplit_once('.').map_or("", |(_, name)| name).to_owned(),
        Type::List(item) => format!("[]{}", go_type(item.ty())),
        Type::Map(value) => format!("map[string]{}", go_type(value.ty())),
    }
}

fn scalar_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Any => "interface {}",
        Scalar::String | Scalar::Time | Scalar::MicroTime | Scalar::Duration => "string",
        Scalar::Bool => "bool",
        Scalar::Int32 | Scalar::IntOrString => "int32",
        Scalar::Int64 => "int64",
        Scalar::Number => "float64",
        Scalar::Base64 => "[]uint8",
        Scalar::Quantity => "resource.Quantity",
        Scalar::SchemaOrBool | Scalar::SchemaOrArray | Scalar::SchemaOrStrings => "JSONSchemaProps",
    }
}
