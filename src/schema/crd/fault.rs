//! What the validation of values finds, as small as possible until somebody reads it: most faults are those of an
//! alternative that another one makes good.

use super::format::Format;
use super::node::{Literal, Node, Type};
use crate::schema::minors::MinorSet;
use crate::schema::problem::{Cause, Problem, Raised};
use crate::schema::stored::{At, Places, Stored};
use crate::schema::values::{nearest, printed};
use crate::yaml::Value;

/// One fault of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault<'s, 'p> {
    pub(super) value: Value<'s>,
    pub(super) kind: Wrong<'p>,
}

/// What is wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wrong<'p> {
    /// It has another type than one of the schema's.
    Type(Node<'p>),
    /// It is a number or something else, and the schema has a format of numbers.
    NumberFormat(Format),
    /// It is a list where a string with a format belongs, which only server-side apply minds.
    NoString,
    /// It is a string that does not have the format.
    Format(Format),
    /// A field is missing.
    Required(&'p str),
    /// It is none of the schema's values.
    Enum(Node<'p>),
    TooLong(u64),
    TooShort(u64),
    Pattern(&'p str),
    /// A number is outside of its limits.
    Limit {
        limit: f64,
        is_maximum: bool,
        is_exclusive: bool,
    },
    Multiple(f64),
    /// A number does not fit its type: what is said of, the type, and the format.
    Range(&'static str, &'static str, Option<Format>),
    TooManyItems(u64),
    TooFewItems(u64),
    TooManyProperties(u64),
    TooFewProperties(u64),
    /// additionalProperties is false, and this is one, by its number.
    Forbidden(usize),
    AnyOf,
    OneOf(usize),
    /// Whether one of them is met.
    AllOf(bool),
    Not,
}

/// The types that a schema allows, as the server names them.
pub(super) fn types_of(schema: Node<'_>) -> &'static str {
    match schema.ty() {
        _ if schema.is_int_or_string() => "integer,string",
        Type::Any => "",
        Type::Object => "object",
        Type::Array => "array",
        Type::String => "string",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
    }
}

/// The type of a value, and the format of it if it is a number.
pub(super) fn type_of(value: Value<'_>) -> (&'static str, &'static str) {
    match value.kind() {
        crate::yaml::Kind::Null => ("null", ""),
        crate::yaml::Kind::Bool => ("boolean", ""),
        crate::yaml::Kind::Int => ("integer", "int64"),
        crate::yaml::Kind::Float => ("number", "float64"),
        crate::yaml::Kind::String => ("string", ""),
        crate::yaml::Kind::Sequence => ("array", ""),
        crate::yaml::Kind::Mapping => ("object", ""),
    }
}

impl<'s> Fault<'s, '_> {
    /// The fault as a problem, in the server's words.
    pub(super) fn problem(self, stored: &'s Stored, minors: MinorSet) -> Problem {
        let value = self.value;
        let at = match self.kind {
            Wrong::Required(name) => At { value, step: crate::schema::stored::AtStep::Key(name) },
            _ => value.here(),
        };
        let (path, pointer) = stored.dotted(at);
        let (cause, message) = self.message(&path);
        // Before, the server forgot these formats of numbers when it read the schema.
        let minors = match self.kind {
            Wrong::Range(_, ty, Some(_)) if value.as_int().is_some() || ty == "number" => {
                minors.within(MinorSet::since(36))
            }
            _ => minors,
        };
        let is_path_told =
            matches!(self.kind, Wrong::AnyOf | Wrong::OneOf(_) | Wrong::AllOf(_) | Wrong::Not | Wrong::Range(..));
        let suggestion = match self.kind {
            Wrong::Enum(schema) => value.as_str().and_then(|text| {
                let texts = schema.values().filter_map(|literal| match literal {
                    Literal::String(text) => Some(text),
                    Literal::Json(_) => None,
                });
                nearest(text, texts)
            }),
            _ => None,
        };
        Problem {
            cause,
            // The server forgets the field of these and names it in its words.
            field: if is_path_told { String::new() } else { path },
            pointer,
            message,
            raised: if matches!(self.kind, Wrong::NoString) { Raised::ByApply } else { Raised::Always },
            minors,
            suggestion,
            absent: matches!(self.kind, Wrong::Required(_)),
        }
    }

    fn message(self, path: &str) -> (Cause, String) {
        let value = self.value;
        let (ty, format) = type_of(value);
        let of = |shown: &str, types: &str| {
            format!("Invalid value: {shown:?}: {path} in body must be of type {types}: {shown:?}")
        };
        let should = |shown: &dyn std::fmt::Display, what: &dyn std::fmt::Display| {
            (Cause::Invalid, format!("Invalid value: {shown}: {path} in body should {what}"))
        };
        let told = |what: &str| (Cause::Invalid, format!("Invalid value: \"\": {path:?} must {what}"));
        let number = value.as_float().map_or_else(String::new, |_| printed(value.here()));
        let entries = value.entries().len();
        match self.kind {
            Wrong::Type(schema) => (Cause::TypeInvalid, of(ty, types_of(schema))),
            Wrong::NoString => (Cause::TypeInvalid, format!("expected string, got {}", printed(value.here()))),
            Wrong::NumberFormat(expected) => (Cause::TypeInvalid, of(format, expected.name())),
            Wrong::Format(expected) => (Cause::TypeInvalid, of(value.as_str().unwrap_or_default(), expected.name())),
            Wrong::Required(_) => (Cause::Required, "Required value".to_owned()),
            Wrong::Enum(schema) => {
                let supported: Vec<String> = schema
                    .values()
                    .map(|literal| match literal {
                        Literal::String(text) | Literal::Json(text) => format!("{text:?}"),
                    })
                    .collect();
                let message =
                    format!("Unsupported value: {}: supported values: {}", printed(value.here()), supported.join(", "));
                (Cause::NotSupported, message)
            }
            Wrong::TooLong(most) => {
                let bytes = if most == 1 { "byte" } else { "bytes" };
                (Cause::TooLong, format!("Too long: may not be more than {most} {bytes}"))
            }
            Wrong::TooShort(least) => should(&printed(value.here()), &format_args!("be at least {least} chars long")),
            Wrong::Pattern(pattern) => should(&printed(value.here()), &format_args!("match '{pattern}'")),
            Wrong::Limit { limit, is_maximum, is_exclusive } => {
                let limit = if value.as_int().is_some() { limit.trunc() } else { limit };
                let what = match (is_maximum, is_exclusive) {
                    (true, false) => "be less than or equal to",
                    (true, true) => "be less than",
                    (false, false) => "be greater than or equal to",
                    (false, true) => "be greater than",
                };
                should(&number, &format_args!("{what} {limit}"))
            }
            Wrong::Multiple(factor) => should(&number, &format_args!("be a multiple of {factor}")),
            Wrong::Range(what, ty, format) => {
                let format = format.map_or("(default format)".to_owned(), |f| format!("with format {}", f.name()));
                (Cause::Invalid, format!("Invalid value: \"\": {what} value must be of type {ty} {format} in {path}"))
            }
            Wrong::TooManyItems(most) => too_many(value.items().len(), most),
            Wrong::TooManyProperties(most) => too_many(entries, most),
            Wrong::TooFewItems(least) => should(&value.items().len(), &format_args!("have at least {least} items")),
            Wrong::TooFewProperties(least) => should(&entries, &format_args!("have at least {least} properties")),
            Wrong::Forbidden(number) => {
                let key = value.entries().nth(number).map_or("", |(key, ..)| key);
                (Cause::Invalid, format!("Invalid value: {key:?}: {path}.{key} in body is a forbidden property"))
            }
            Wrong::AnyOf => told("validate at least one schema (anyOf)"),
            Wrong::OneOf(0) => told("validate one and only one schema (oneOf). Found none valid"),
            Wrong::OneOf(number) => {
                told(&format!("validate one and only one schema (oneOf). Found {number} valid alternatives"))
            }
            Wrong::AllOf(true) => told("validate all the schemas (allOf)"),
            Wrong::AllOf(false) => told("validate all the schemas (allOf). None validated"),
            Wrong::Not => told("not validate the schema (not)"),
        }
    }
}

fn too_many(number: usize, most: u64) -> (Cause, String) {
    let items = if most == 1 { "item" } else { "items" };
    (Cause::TooMany, format!("Too many: {number}: must have at most {most} {items}"))
}
