//! Server-side apply's own reading of an object: `structured-merge-diff/typed`. What it refuses, validation refuses as
//! well, but for a `status` that is a subresource: validation never sees that, and server-side apply does.

use std::collections::HashSet;

use super::node::{Additional, ListType, Literal, Node, Type};
use crate::manifest::object::Object;
use crate::schema::problem::Cause;
use crate::yaml::{Kind, Value, pointer};

/// The first thing that is wrong: its JSON pointer and the server's words.
pub(super) struct Mismatch {
    pub(super) cause: Cause,
    pub(super) pointer: String,
    pub(super) message: String,
}

/// Look at a value that lies at a pointer and a path (`.status`).
pub(super) fn check(
    object: &Object,
    value: Value<'_>,
    schema: Node<'_>,
    (at, path): (&str, &str),
) -> Result<(), Mismatch> {
    let fail = |message: String| {
        Err(Mismatch { cause: Cause::TypeInvalid, pointer: at.to_owned(), message: format!("{path}: {message}") })
    };
    if value.is_null() || object.unknown(value).is_some() {
        return Ok(());
    }
    match (schema.ty(), value.kind()) {
        (Type::Any | Type::Object, Kind::Mapping) => {
            for (name, _, child) in value.entries() {
                let inner = (pointer::child(at, name), format!("{path}.{name}"));
                let child_schema = match (schema.property(name), schema.additional()) {
                    (Some(property), _) => property,
                    (None, Some(Additional::Schema(values))) => values,
                    // It may hold anything, or strict decoding says that it has no such field.
                    (None, Some(Additional::Bool(_)) | None) => continue,
                };
                check(object, child, child_schema, (&inner.0, &inner.1))?;
            }
            Ok(())
        }
        (Type::Any | Type::Array, Kind::Sequence) => list(object, value, schema, (at, path)),
        (Type::Any, _)
        | (Type::Integer | Type::Number, Kind::Int | Kind::Float)
        | (Type::Boolean, Kind::Bool)
        | (Type::String, Kind::String) => Ok(()),
        (Type::String, Kind::Int | Kind::Float | Kind::Bool) if schema.format().is_some() => Ok(()),
        (Type::Object, _) => fail(format!("expected map, got {}", shown(value))),
        (Type::Array, _) => fail(format!("expected list, got {}", shown(value))),
        (Type::String, _) => fail(format!("expected string, got {}", shown(value))),
        (Type::Boolean, _) => fail(format!("expected boolean, got {}", shown(value))),
        (Type::Integer | Type::Number, _) => fail(format!("expected numeric (int or float), got {}", shown(value))),
    }
}

fn shown(value: Value<'_>) -> String {
    serde_json::to_string(&value).unwrap_or_default()
}

fn list(object: &Object, value: Value<'_>, schema: Node<'_>, (at, path): (&str, &str)) -> Result<(), Mismatch> {
    let Some(items) = schema.items() else { return Ok(()) };
    let mut seen = HashSet::new();
    for (index, item) in value.items().enumerate() {
        let inner = pointer::child(at, &index.to_string());
        let fail = |message: String| {
            let message = format!("{path}: {message}");
            Err(Mismatch { cause: Cause::DuplicateListKey, pointer: inner.clone(), message })
        };
        let key = match schema.list_type() {
            ListType::Atomic => None,
            ListType::Set => match item.kind() {
                Kind::Mapping => {
                    return fail(format!(
                        "element {index}: associative list without keys has an element that's a map type"
                    ));
                }
                Kind::Sequence => {
                    return fail(format!("element {index}: not supported: associative list with lists as elements"));
                }
                Kind::Null => {
                    return fail(format!(
                        "element {index}: associative list without keys has an element that's an explicit null"
                    ));
                }
                _ => Some(format!("[={}]", shown(item))),
            },
            ListType::Map => match key_of(item, items, schema) {
                Ok(key) => Some(key),
                Err(why) => return fail(format!("element {index}: {why}")),
            },
        };
        let step = key.clone().unwrap_or_else(|| format!("[{index}]"));
        if let Some(key) = key
            && !seen.insert(key.clone())
        {
            return fail(format!("duplicate entries for key {key}"));
        }
        check(object, item, items, (&inner, &format!("{path}{step}")))?;
    }
    Ok(())
}

/// The keys of an item, or their defaults.
fn key_of(item: Value<'_>, items: Node<'_>, list: Node<'_>) -> Result<String, String> {
    match item.kind() {
        Kind::Mapping => {}
        Kind::Null => return Err("associative list with keys may not have a null element".to_owned()),
        _ => return Err("associative list with keys may not have non-map elements".to_owned()),
    }
    let default = |name: &str| match items.property(name)?.default()? {
        Literal::String(text) => Some(format!("{text:?}")),
        Literal::Json(text) => Some(text.to_owned()),
    };
    let pair = |name: &str| {
        let value = item.get(name).map(shown).or_else(|| default(name))?;
        Some(format!("{name}={value}"))
    };
    let mut pairs: Vec<String> = list.list_keys().filter_map(pair).collect();
    if pairs.is_empty() {
        let names: Vec<String> = list.list_keys().map(|name| format!("{name:?}")).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
            names.join(" ")
        ));
    }
    pairs.sort_unstable();
    Ok(format!("[{}]", pairs.join(",")))
}
