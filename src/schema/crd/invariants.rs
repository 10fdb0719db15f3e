//! What the server checks beside values: embedded resources, lists whose items differ, the scale subresource.

use std::collections::HashMap;

use super::node::{Additional, ListType, Node};
use super::pack::Scale;
use crate::schema::problem::{Cause, Problem, Raised};
use crate::schema::stored::{Places, Stored};
use crate::schema::text::name;
use crate::schema::values::{Cx, metadata};
use crate::yaml::{Kind, Value, pointer};

/// Lists of up to so many items are compared item by item, longer ones through a table.
const FEW: usize = 12;

/// The children of a value that have a schema, and something in it to look at.
fn children<'s, 'p>(value: Value<'s>, schema: Node<'p>) -> impl Iterator<Item = (Value<'s>, Node<'p>)> {
    let additional = match schema.additional() {
        Some(Additional::Schema(values)) => Some(values),
        _ => None,
    };
    let fields =
        value.entries().filter_map(move |(name, _, child)| Some((child, schema.property(name).or(additional)?)));
    let items = schema.items();
    let items = value.items().filter_map(move |item| Some((item, items?)));
    fields.chain(items).filter(|(_, schema)| schema.has_invariants_below())
}

/// Embedded resources have an API version, a kind, and metadata as every object has.
pub(super) fn embedded<'s>(cx: &mut Cx<'s>, value: Value<'s>, schema: Node<'_>) {
    if schema.is_embedded_resource() && value.kind() == Kind::Mapping {
        resource(cx, value);
    }
    for (child, schema) in children(value, schema) {
        embedded(cx, child, schema);
    }
}

fn resource<'s>(cx: &mut Cx<'s>, value: Value<'s>) {
    for field in ["apiVersion", "kind"] {
        match value.get(field).map(Value::as_str) {
            None => cx.required(value.at(field), ""),
            Some(Some("")) => cx.invalid(value.at(field), "must not be empty"),
            Some(Some(text)) if field == "apiVersion" => {
                if text.matches('/').count() > 1 {
                    cx.invalid(value.at(field), format_args!("unexpected GroupVersion string: {text}"));
                }
            }
            Some(Some(text)) => {
                let found = name::dns_1035_label(&text.to_lowercase());
                if !found.is_empty() {
                    let why = found.join(",");
                    cx.invalid(value.at(field), format_args!("may have mixed case, but should otherwise match: {why}"));
                }
            }
            Some(None) => {}
        }
    }
    if let Some(inner) = value.get("metadata") {
        metadata::embedded(cx, inner);
    }
}

/// Sets hold every item once, and lists with keys every combination of keys.
pub(super) fn lists<'s>(cx: &mut Cx<'s>, value: Value<'s>, schema: Node<'_>) {
    if value.kind() == Kind::Sequence {
        match schema.list_type() {
            ListType::Set => set(cx, value),
            ListType::Map => map(cx, value, schema),
            ListType::Atomic => {}
        }
    }
    for (child, schema) in children(value, schema) {
        lists(cx, child, schema);
    }
}

fn set<'s>(cx: &mut Cx<'s>, list: Value<'s>) {
    let items: Vec<Value<'s>> = list.items().collect();
    for index in repeated(&items, |a, b| a.same(*b), |item| canonical(*item)) {
        cx.duplicate(list.at_index(index));
    }
    // Items that are merged whole are fine to validation; server-side apply takes none.
    if let Some(index) = items.iter().position(|item| item.kind() == Kind::Mapping) {
        let why = format!("element {index}: associative list without keys has an element that's a map type");
        cx.raised(Raised::ByApply, |cx| cx.push(Cause::DuplicateListKey, list.at_index(index), why));
    }
}

fn map<'s>(cx: &mut Cx<'s>, list: Value<'s>, schema: Node<'_>) {
    let items: Vec<Value<'s>> = list.items().collect();
    let wrong = items.iter().position(|item| !matches!(item.kind(), Kind::Mapping | Kind::Null));
    if let Some(index) = wrong {
        return cx.invalid(list.at_index(index), "must be an object for an array of list-type map");
    }
    let names: Vec<&str> = schema.list_keys().collect();
    let is_same = |a: &Value<'s>, b: &Value<'s>| {
        names.iter().all(|name| match (a.get(name), b.get(name)) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        })
    };
    for index in repeated(&items, is_same, |item| keys(*item, &names)) {
        let shown = items.get(index).map_or_else(String::new, |item| keys(*item, &names));
        cx.duplicate_shown(list.at_index(index), shown);
    }
}

/// The second of every two or more items that are the same.
fn repeated<T>(items: &[T], is_same: impl Fn(&T, &T) -> bool, text: impl Fn(&T) -> String) -> Vec<usize> {
    if items.len() <= FEW {
        let second = |(index, item): (usize, &T)| {
            (items.iter().take(index).filter(|before| is_same(before, item)).count() == 1).then_some(index)
        };
        return items.iter().enumerate().filter_map(second).collect();
    }
    let mut seen: HashMap<String, u32> = HashMap::with_capacity(items.len());
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let times = seen.entry(text(item)).or_default();
        *times = times.saturating_add(1);
        if *times == 2 {
            found.push(index);
        }
    }
    found
}

/// The keys of an item, as JSON.
fn keys(item: Value<'_>, names: &[&str]) -> String {
    let mut pairs: Vec<(&str, Value<'_>)> = names.iter().filter_map(|name| Some((*name, item.get(name)?))).collect();
    pairs.sort_unstable_by_key(|(name, _)| *name);
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name:?}:{}", canonical(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// A value as JSON with sorted keys.
fn canonical(value: Value<'_>) -> String {
    match value.kind() {
        Kind::Mapping => {
            let mut names: Vec<&str> = value.entries().map(|(name, ..)| name).collect();
            names.sort_unstable();
            keys(value, &names)
        }
        Kind::Sequence => {
            let items: Vec<String> = value.items().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        _ => serde_json::to_string(&value).unwrap_or_default(),
    }
}

/// The paths of the scale subresource lead to numbers of replicas and to a selector.
pub(super) fn scale(stored: &Stored, scale: Scale<'_>, template: &Problem) -> Vec<Problem> {
    let mut found = Vec::new();
    for path in [scale.spec_replicas, scale.status_replicas] {
        let wrong = match read(stored, path) {
            Found::Absent => None,
            Found::Wrong(why) => Some((0, why)),
            Found::Value(value) => match (value.as_int(), stored.is_opaque(value)) {
                (_, true) => None,
                (Some(int), _) if int < 0 => Some((int, "should be a non-negative integer".to_owned())),
                (Some(int), _) if int > i64::from(i32::MAX) => {
                    Some((int, format!("should be less than or equal to {}", i32::MAX)))
                }
                (Some(_), _) => None,
                (None, _) => Some((0, format!("{}, expected int64", accessor(path, value)))),
            },
        };
        if let Some((value, why)) = wrong {
            found.push(at(template, path, format!("Invalid value: {value}: {why}")));
        }
    }
    if scale.label_selector.is_empty() {
        return found;
    }
    let why = match read(stored, scale.label_selector) {
        Found::Absent => return found,
        Found::Wrong(why) => why,
        Found::Value(value) if value.as_str().is_some() || stored.is_opaque(value) => return found,
        Found::Value(value) => format!("{}, expected string", accessor(scale.label_selector, value)),
    };
    found.push(at(template, scale.label_selector, format!("Invalid value: \"\": {why}")));
    found
}

fn at(template: &Problem, path: &str, message: String) -> Problem {
    let steps = path.trim_start_matches('.').split('.');
    let pointer = steps.fold(String::new(), |pointer, step| pointer::child(&pointer, step));
    Problem { cause: Cause::Invalid, field: path.to_owned(), pointer, message, ..template.clone() }
}

/// What a path leads to.
enum Found<'s> {
    Absent,
    /// Something on the way is no object.
    Wrong(String),
    Value(Value<'s>),
}

fn read<'s>(stored: &'s Stored, path: &str) -> Found<'s> {
    let mut value = stored.root();
    let mut walked = String::new();
    for step in path.trim_start_matches('.').split('.') {
        if stored.is_opaque(value) {
            return Found::Absent;
        }
        if value.is_null() {
            return Found::Absent;
        }
        if value.kind() != Kind::Mapping {
            let why = accessor(&walked, value);
            return Found::Wrong(format!("{why}, expected map[string]interface {{}}"));
        }
        match value.get(step) {
            Some(next) => value = next,
            None => return Found::Absent,
        }
        walked.push('.');
        walked.push_str(step);
    }
    Found::Value(value)
}

fn accessor(path: &str, value: Value<'_>) -> String {
    let (shown, ty) = match value.kind() {
        Kind::Null => ("<nil>".to_owned(), "<nil>"),
        Kind::Bool => (serde_json::to_string(&value).unwrap_or_default(), "bool"),
        Kind::Int => (serde_json::to_string(&value).unwrap_or_default(), "int64"),
        Kind::Float => (serde_json::to_string(&value).unwrap_or_default(), "float64"),
        Kind::String => (value.as_str().unwrap_or_default().to_owned(), "string"),
        Kind::Sequence => (canonical(value), "[]interface {}"),
        Kind::Mapping => (canonical(value), "map[string]interface {}"),
    };
    format!("{path} accessor error: {shown} is of the type {ty}")
}
