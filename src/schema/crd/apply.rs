//! Server-side apply's own reading of objects: `structured-merge-diff/typed`. Most of what it refuses of a new object,
//! validation refuses as well. But it forgives nothing, reads a `status` that is a subresource, and the object that is there.

use std::collections::HashSet;

use super::node::{Additional, ListType, Literal, Node, Type};
use super::pack::Version;
use crate::schema::problem::Cause;
use crate::yaml::{Kind, Value, pointer};

/// Mismatches of one object that are told.
const MOST: usize = 100;

/// What is wrong: its JSON pointer and the server's words.
pub(super) struct Mismatch {
    pub(super) cause: Cause,
    pub(super) pointer: String,
    pub(super) message: String,
}

/// What of an object's fields is not what the schema says. Of a value that is not known, nobody can tell. The object that is
/// there may have the same keys twice.
pub(super) fn mismatches(
    root: Value<'_>,
    version: Version<'_>,
    is_unknown: &dyn Fn(Value<'_>) -> bool,
    is_live: bool,
) -> Vec<Mismatch> {
    let mut reader = Reader { is_unknown, is_live, found: Vec::new() };
    for (name, _, value) in root.entries() {
        if !matches!(name, "apiVersion" | "kind" | "metadata")
            && let Some(schema) = version.root().property(name)
        {
            reader.value(value, schema, &Path { parent: None, step: Step::Field(name) });
        }
    }
    reader.found
}

/// The way to a value, which is written down only if something is wrong there.
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Field(&'a str),
    /// By its number, and by its keys where it has some.
    Item(usize, Option<&'a str>),
}

impl Path<'_> {
    fn pointer(&self) -> String {
        let above = self.parent.map(Path::pointer).unwrap_or_default();
        match self.step {
            Step::Field(name) => pointer::child(&above, name),
            Step::Item(index, _) => pointer::child(&above, &index.to_string()),
        }
    }

    fn words(&self) -> String {
        let above = self.parent.map(Path::words).unwrap_or_default();
        match self.step {
            Step::Field(name) => format!("{above}.{name}"),
            Step::Item(_, Some(key)) => format!("{above}{key}"),
            Step::Item(index, None) => format!("{above}[{index}]"),
        }
    }
}

struct Reader<'r> {
    is_unknown: &'r dyn Fn(Value<'_>) -> bool,
    is_live: bool,
    found: Vec<Mismatch>,
}

impl Reader<'_> {
    fn value(&mut self, value: Value<'_>, schema: Node<'_>, path: &Path<'_>) {
        if value.is_null() || self.found.len() >= MOST || (self.is_unknown)(value) {
            return;
        }
        let expected = match (schema.ty(), value.kind()) {
            (Type::Any | Type::Object, Kind::Mapping) => {
                for (name, _, child) in value.entries() {
                    let child_schema = match (schema.property(name), schema.additional()) {
                        (Some(property), _) => property,
                        (None, Some(Additional::Schema(values))) => values,
                        // It may hold anything, or strict decoding says that it has no such field.
                        (None, Some(Additional::Bool(_)) | None) => continue,
                    };
                    self.value(child, child_schema, &Path { parent: Some(path), step: Step::Field(name) });
                }
                return;
            }
            (Type::Any | Type::Array, Kind::Sequence) => return self.list(value, schema, path),
            (Type::Any, _)
            | (Type::Integer | Type::Number, Kind::Int | Kind::Float)
            | (Type::Boolean, Kind::Bool)
            | (Type::String, Kind::String) => return,
            (Type::String, Kind::Int | Kind::Float | Kind::Bool) if schema.format().is_some() => return,
            (Type::Object, _) => "map",
            (Type::Array, _) => "list",
            (Type::String, _) => "string",
            (Type::Boolean, _) => "boolean",
            (Type::Integer | Type::Number, _) => "numeric (int or float)",
        };
        let message = format!("{}: expected {expected}, got {}", path.words(), shown(value));
        self.found.push(Mismatch { cause: Cause::TypeInvalid, pointer: path.pointer(), message });
    }

    fn list(&mut self, value: Value<'_>, schema: Node<'_>, path: &Path<'_>) {
        let Some(items) = schema.items() else { return };
        let mut seen = HashSet::new();
        for (index, item) in value.items().enumerate() {
            let key = match schema.list_type() {
                ListType::Atomic => Ok(None),
                ListType::Set => key_of_set(item).map(Some),
                ListType::Map => key_of(item, items, schema).map(Some),
            };
            let why = match &key {
                Ok(Some(key)) if !self.is_live && !seen.insert(key.clone()) => {
                    Some(format!("duplicate entries for key {key}"))
                }
                Ok(_) => None,
                Err(why) => Some(format!("element {index}: {why}")),
            };
            let step = Step::Item(index, key.as_ref().ok().and_then(Option::as_deref));
            let inner = Path { parent: Some(path), step };
            match why {
                None => self.value(item, items, &inner),
                Some(why) => {
                    let message = format!("{}: {why}", path.words());
                    self.found.push(Mismatch { cause: Cause::DuplicateListKey, pointer: inner.pointer(), message });
                    return;
                }
            }
        }
    }
}

fn shown(value: Value<'_>) -> String {
    serde_json::to_string(&value).unwrap_or_default()
}

/// What a set knows an item by.
fn key_of_set(item: Value<'_>) -> Result<String, String> {
    let why = match item.kind() {
        Kind::Mapping => "associative list without keys has an element that's a map type",
        Kind::Sequence => "not supported: associative list with lists as elements",
        Kind::Null => "associative list without keys has an element that's an explicit null",
        _ => return Ok(format!("[={}]", shown(item))),
    };
    Err(why.to_owned())
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
