//! What makes a schema structural: `ValidateStructural`.

use super::ENOUGH;
use super::node::{Known, Node, is_zero};
use crate::schema::stored::Places;
use crate::schema::text::regexp;
use crate::schema::values::Cx;
use crate::yaml::Value;

/// What a node hangs at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// `ValidateStructural`, for the root of a schema.
pub(super) fn structural<'a>(cx: &mut Cx<'a>, root: Value<'a>) {
    invariants(cx, root, Level::Root);
    let node = Node::read(root);
    if node.junctors().next().is_some() {
        Completeness::default().junctors(cx, &node, &node);
    }
}

fn invariants<'a>(cx: &mut Cx<'a>, schema: Value<'a>, level: Level) {
    if cx.count() > ENOUGH {
        return;
    }
    let node = Node::read(schema);
    match node.item_schema() {
        Some(items) => invariants(cx, items, Level::Item),
        None if node.ty == "array" => cx.required(schema.at("items"), "must be specified"),
        None => {}
    }
    for (_, property) in node.properties() {
        invariants(cx, property, Level::Field);
    }
    if node.additional.is_some() && level == Level::Root {
        cx.forbidden(schema.at("additionalProperties"), "must not be used at the root");
    }
    if let Some(additional) = node.additional_schema() {
        invariants(cx, additional, Level::Field);
    }
    if node.int_or_string && node.preserves() {
        cx.invalid(
            schema.at("x-kubernetes-preserve-unknown-fields"),
            "must be false if x-kubernetes-int-or-string is true",
        );
    }
    if node.int_or_string && node.embedded {
        cx.invalid(schema.at("x-kubernetes-embedded-resource"), "must be false if x-kubernetes-int-or-string is true");
    }
    let first_all = node.all_of.and_then(|all| all.items().next());
    let skip = Skip {
        any: node.any_of.is_some_and(is_int_or_string),
        first_all: first_all.and_then(|first| first.get("anyOf")).is_some_and(is_int_or_string),
    };
    values(cx, &node, skip);
    types(cx, &node, level);
    metadata(cx, &node, level);
}

/// `type`, and what depends on it.
fn types<'a>(cx: &mut Cx<'a>, node: &Node<'a>, level: Level) {
    let schema = node.value;
    if node.embedded && node.ty != "object" {
        let why = "must be object if x-kubernetes-embedded-resource is true";
        if node.ty.is_empty() { cx.required(schema.at("type"), why) } else { cx.invalid(schema.at("type"), why) }
    } else if node.ty.is_empty() && !node.int_or_string && !node.preserves() {
        let why = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        cx.required(schema.at("type"), why);
    }
    if node.embedded && node.additional.is_some() {
        cx.forbidden(schema.at("additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set");
    }
    if level == Level::Root && !node.ty.is_empty() && node.ty != "object" {
        cx.invalid(schema.at("type"), "must be object at the root");
    }
    if node.embedded && !node.preserves() && node.properties().next().is_none() {
        let why =
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        cx.required(schema.at("properties"), why);
    }
}

/// What may be said of a resource's own `kind`, `apiVersion` and `metadata`.
fn metadata<'a>(cx: &mut Cx<'a>, node: &Node<'a>, level: Level) {
    if level != Level::Root && !node.embedded {
        return;
    }
    for name in ["kind", "apiVersion"] {
        if let Some(property) = node.property(name)
            && Node::read(property).ty != "string"
        {
            wrong_type(cx, property, "must be string");
        }
    }
    let Some(metadata) = node.property("metadata") else { return };
    let inner = Node::read(metadata);
    if inner.ty != "object" {
        wrong_type(cx, metadata, "must be object");
    }
    let says = |(key, _, value): (&str, _, Value<'_>)| match key {
        "type" | "default" => false,
        "properties" => {
            let mut names = value.entries().map(|(name, ..)| name);
            !names.all(|name| matches!(name, "name" | "generateName"))
        }
        "additionalProperties" => true,
        _ => !is_lost(key, value),
    };
    if level == Level::Root && metadata.entries().any(says) {
        let why = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        cx.forbidden(metadata.here(), why);
    }
}

fn wrong_type<'a>(cx: &mut Cx<'a>, schema: Value<'a>, why: &str) {
    if schema.get("type").is_some() {
        cx.invalid(schema.at("type"), why);
    } else {
        cx.invalid_shown(schema.at("type"), "\"\"", why);
    }
}

/// `anyOf` is `[{type: integer}, {type: string}]` and nothing else.
fn is_int_or_string(any_of: Value<'_>) -> bool {
    let only = |schema: Value<'_>, ty: &str| {
        let plain = |(key, _, value): (&str, _, Value<'_>)| match key {
            "type" => true,
            _ => is_lost(key, value),
        };
        Node::read(schema).ty == ty && schema.entries().all(plain)
    };
    let mut items = any_of.items();
    items.len() == 2
        && items.next().is_some_and(|first| only(first, "integer"))
        && items.next().is_some_and(|second| only(second, "string"))
}

/// What the server no longer sees once it has read the structure.
fn is_lost(key: &str, value: Value<'_>) -> bool {
    match key {
        "enum" | "allOf" | "anyOf" | "oneOf" | "dependencies" | "definitions" | "patternProperties" => {
            value.items().len() + value.entries().len() == 0
        }
        "x-kubernetes-list-type" | "x-kubernetes-map-type" => false,
        _ => is_zero(value),
    }
}

/// The places where types are allowed, because of int-or-string.
#[derive(Clone, Copy, Default)]
struct Skip {
    any: bool,
    first_all: bool,
}

/// The value validations of a node: its junctors and its pattern.
fn values<'a>(cx: &mut Cx<'a>, node: &Node<'a>, skip: Skip) {
    if !skip.any {
        node.any_of.into_iter().flat_map(Value::items).for_each(|schema| nested(cx, schema, false));
    }
    for (index, schema) in node.all_of.into_iter().flat_map(Value::items).enumerate() {
        nested(cx, schema, skip.first_all && index == 0);
    }
    for schema in node.one_of.into_iter().flat_map(Value::items).chain(node.not) {
        nested(cx, schema, false);
    }
    if !node.pattern.is_empty()
        && let Err(why) = regexp::check(node.pattern)
    {
        cx.invalid(node.value.at("pattern"), format_args!("must be a valid regular expression, but isn't: {why}"));
    }
}

/// A schema below a junctor says nothing of the structure.
fn nested<'a>(cx: &mut Cx<'a>, schema: Value<'a>, skip_any: bool) {
    if cx.count() > ENOUGH {
        return;
    }
    let node = Node::read(schema);
    values(cx, &node, Skip { any: skip_any, first_all: false });
    if let Some(items) = node.item_schema() {
        nested(cx, items, false);
    }
    for (_, property) in node.properties() {
        nested(cx, property, false);
    }
    for (key, _, value) in schema.entries() {
        let why = match key {
            "type" | "title" | "description" if !is_zero(value) => "must be empty to be structural",
            "additionalProperties" if value.as_bool() != Some(false) => "must be undefined to be structural",
            "default" | "x-kubernetes-list-type" | "x-kubernetes-map-type" => "must be undefined to be structural",
            "nullable"
            | "x-kubernetes-preserve-unknown-fields"
            | "x-kubernetes-embedded-resource"
            | "x-kubernetes-int-or-string"
                if !is_zero(value) =>
            {
                "must be false to be structural"
            }
            "x-kubernetes-list-map-keys" | "x-kubernetes-validations" if value.items().len() > 0 => {
                "must be empty to be structural"
            }
            _ => continue,
        };
        cx.forbidden(schema.at(key), why);
    }
    if let Some(metadata) = node.property("metadata") {
        cx.forbidden(metadata.here(), "must not be specified in a nested context");
    }
}

/// Whatever the root's junctors speak of must be specified outside of them.
#[derive(Default)]
struct Completeness<'a> {
    known: Known<'a>,
}

impl<'a> Completeness<'a> {
    fn junctors(&mut self, cx: &mut Cx<'a>, values: &Node<'a>, structure: &Node<'a>) {
        for schema in values.junctors() {
            self.nested(cx, schema, structure);
        }
    }

    fn nested(&mut self, cx: &mut Cx<'a>, schema: Value<'a>, structure: &Node<'a>) {
        let node = Node::read(schema);
        self.junctors(cx, &node, structure);
        if let Some(items) = node.item_schema() {
            if let Some(structure) = structure.item_schema() {
                self.nested(cx, items, &Node::read(structure));
            } else {
                let why = format!("because it is defined in {}", cx.name(items.here()));
                cx.required(structure.value.at("items"), &why);
            }
        }
        for (name, property) in node.properties() {
            if cx.count() > ENOUGH {
                return;
            }
            if let Some(structure) = self.known.property(structure, name) {
                self.nested(cx, property, &Node::read(structure));
                continue;
            }
            let why = format!("because it is defined in {}", cx.name(property.here()));
            if let Some(properties) = structure.properties {
                cx.required(properties.at_key(name), &why);
            } else {
                let before = cx.count();
                cx.required(structure.value.at("properties"), &why);
                cx.points_to(name);
                cx.renamed(before, |field| Some(format!("{field}[{name}]")));
            }
        }
    }
}
