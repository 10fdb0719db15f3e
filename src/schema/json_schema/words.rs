//! What a JSON Schema refuses, in the words that the API server has for the like.

use std::fmt::Write as _;

use jsonschema::error::{TypeKind, ValidationErrorKind as Wrong};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::manifest::object::Object;
use crate::schema::minors::MinorSet;
use crate::schema::problem::{Cause, Problem, Raised};
use crate::schema::values::nearest;
use crate::yaml::{self, pointer};

/// Alternatives of a schema whose refusals are told.
const ALTERNATIVES: usize = 4;
/// The longest value that is printed whole, in characters.
const READABLE: usize = 160;

/// The problems that one error stands for: one for each field that the schema does not have.
pub(super) fn problems(
    object: &Object,
    schema: &Value,
    error: &ValidationError<'_>,
    minors: MinorSet,
) -> impl Iterator<Item = Problem> {
    let at = error.instance_path().as_str();
    let unexpected = match error.kind() {
        Wrong::AdditionalProperties { unexpected } | Wrong::UnevaluatedProperties { unexpected } => {
            unexpected.as_slice()
        }
        _ => &[],
    };
    let one = unexpected.is_empty().then(|| problem(object, error, minors));
    let fields: Vec<Problem> = unexpected
        .iter()
        .map(|name| {
            let pointer = pointer::child(at, name);
            let field = field(object, &pointer);
            Problem {
                cause: Cause::UnknownField,
                message: format!("unknown field \"{field}\""),
                suggestion: siblings(schema, error).and_then(|known| nearest(name, known.keys().map(String::as_str))),
                ..template(field, pointer, minors)
            }
        })
        .collect();
    one.into_iter().chain(fields)
}

/// The fields that there are where one is not expected.
fn siblings<'s>(schema: &'s Value, error: &ValidationError<'_>) -> Option<&'s serde_json::Map<String, Value>> {
    let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
    schema.pointer(parent)?.get("properties")?.as_object()
}

fn template(field: String, pointer: String, minors: MinorSet) -> Problem {
    Problem {
        cause: Cause::Invalid,
        field,
        pointer,
        message: String::new(),
        raised: Raised::Always,
        minors,
        suggestion: None,
        absent: false,
    }
}

fn problem(object: &Object, error: &ValidationError<'_>, minors: MinorSet) -> Problem {
    let at = error.instance_path().as_str();
    if let Wrong::Required { property } = error.kind() {
        let pointer = pointer::child(at, property.as_str().unwrap_or_default());
        return Problem {
            cause: Cause::Required,
            message: "Required value".to_owned(),
            absent: true,
            ..template(field(object, &pointer), pointer, minors)
        };
    }
    let path = field(object, at);
    let (cause, message) = message(error, &path);
    let suggestion = match (error.kind(), error.instance().as_str()) {
        (Wrong::Enum { options }, Some(text)) => {
            nearest(text, options.as_array().into_iter().flatten().filter_map(Value::as_str))
        }
        _ => None,
    };
    // A null is dropped when the object is posted; server-side apply keeps it.
    let raised = if error.instance().is_null() { Raised::ByApply } else { Raised::Always };
    Problem { cause, message, raised, suggestion, ..template(path, at.to_owned(), minors) }
}

fn message(error: &ValidationError<'_>, path: &str) -> (Cause, String) {
    let value = printed(error.instance());
    let invalid = |why: String| (Cause::Invalid, format!("Invalid value: {value}: {why}"));
    let should = |what: String| invalid(format!("{path} in body should {what}"));
    let count = |what: &str, most: u64| (Cause::TooMany, format!("Too many: must have at most {most} {what}"));
    match error.kind() {
        Wrong::Type { kind } => {
            let (ty, types) = (type_of(error.instance()), types(kind).join(","));
            (Cause::TypeInvalid, format!("Invalid value: {ty:?}: {path} in body must be of type {types}: {ty:?}"))
        }
        Wrong::Enum { options } => not_supported(&value, options.as_array().into_iter().flatten()),
        Wrong::Constant { expected_value } => not_supported(&value, std::iter::once(&**expected_value)),
        Wrong::Maximum { limit } => should(format!("be less than or equal to {limit}")),
        Wrong::ExclusiveMaximum { limit } => should(format!("be less than {limit}")),
        Wrong::Minimum { limit } => should(format!("be greater than or equal to {limit}")),
        Wrong::ExclusiveMinimum { limit } => should(format!("be greater than {limit}")),
        Wrong::MultipleOf { multiple_of } => should(format!("be a multiple of {multiple_of}")),
        Wrong::MinLength { limit } => should(format!("be at least {limit} chars long")),
        Wrong::MinItems { limit } => should(format!("have at least {limit} items")),
        Wrong::MinProperties { limit } => should(format!("have at least {limit} properties")),
        Wrong::Pattern { pattern } => should(format!("match '{pattern}'")),
        Wrong::Format { format } => should(format!("be of the format {format}")),
        Wrong::MaxLength { limit } => (Cause::TooLong, format!("Too long: may not be more than {limit} characters")),
        Wrong::MaxItems { limit } => count("items", *limit),
        Wrong::AdditionalItems { limit } => count("items", *limit as u64),
        Wrong::MaxProperties { limit } => count("properties", *limit),
        Wrong::UniqueItems => (Cause::Duplicate, format!("Duplicate value: {value}: no two items may be equal")),
        Wrong::FalseSchema => (Cause::Forbidden, "Forbidden: the schema allows nothing here".to_owned()),
        Wrong::AnyOf { context } | Wrong::OneOfNotValid { context } => alternatives(error.instance(), path, context),
        Wrong::OneOfMultipleValid { .. } => {
            invalid("it must match exactly one of the schema's alternatives (oneOf), and matches several".to_owned())
        }
        Wrong::Not { .. } => invalid("it matches what the schema excludes (not)".to_owned()),
        kind => invalid(format!("it does not satisfy the schema's {}", kind.keyword())),
    }
}

fn not_supported<'v>(value: &str, options: impl Iterator<Item = &'v Value>) -> (Cause, String) {
    let options: Vec<String> = options.map(printed).collect();
    (Cause::NotSupported, format!("Unsupported value: {value}: supported values: {}", options.join(", ")))
}

/// None of the alternatives is met: where only the type is wrong, the types that are right; else the first refusal of each.
fn alternatives(instance: &Value, path: &str, context: &[Vec<ValidationError<'static>>]) -> (Cause, String) {
    let of_type = |errors: &Vec<ValidationError<'static>>| match errors.as_slice() {
        [error]
            if error.instance_path().as_str().is_empty()
                || error.instance() == &std::borrow::Cow::Borrowed(instance) =>
        {
            match error.kind() {
                Wrong::Type { kind } => Some(types(kind)),
                _ => None,
            }
        }
        _ => None,
    };
    let all: Option<Vec<Vec<&'static str>>> = context.iter().map(of_type).collect();
    if let Some(all) = all {
        let (ty, types) = (type_of(instance), all.concat().join(","));
        return (Cause::TypeInvalid, format!("Invalid value: {ty:?}: {path} in body must be of type {types}: {ty:?}"));
    }
    let first = |(index, errors): (usize, &Vec<ValidationError<'static>>)| {
        let why = errors.first().map(|error| {
            let at = error.instance_path().as_str();
            let (_, message) = message(error, at.rsplit('/').next().unwrap_or_default());
            message
        });
        format!("({}) {}", index + 1, why.unwrap_or_default())
    };
    let told: Vec<String> = context.iter().enumerate().take(ALTERNATIVES).map(first).collect();
    let more = if context.len() > ALTERNATIVES {
        format!("; and {} more", context.len() - ALTERNATIVES)
    } else {
        String::new()
    };
    let value = printed(instance);
    (
        Cause::Invalid,
        format!("Invalid value: {value}: it matches none of the schema's alternatives: {}{more}", told.join("; ")),
    )
}

fn types(kind: &TypeKind) -> Vec<&'static str> {
    match kind {
        TypeKind::Single(ty) => vec![ty.as_str()],
        TypeKind::Multiple(types) => types.into_iter().map(JsonType::as_str).collect(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn printed(value: &Value) -> String {
    let text = value.to_string();
    match value {
        Value::Array(_) if text.len() > READABLE => "[…]".to_owned(),
        Value::Object(_) if text.len() > READABLE => "{…}".to_owned(),
        _ => text,
    }
}

/// The server's name of a place: `spec.ports[0].name`.
fn field(object: &Object, at: &str) -> String {
    let mut name = String::new();
    let mut value = Some(object.value());
    for token in pointer::tokens(at) {
        let is_list = value.is_some_and(|value| value.kind() == yaml::Kind::Sequence);
        if is_list {
            _ = write!(name, "[{token}]");
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&token);
        }
        value = value.and_then(|value| {
            if is_list { token.parse().ok().and_then(|index| value.item(index)) } else { value.get(&token) }
        });
    }
    name
}
