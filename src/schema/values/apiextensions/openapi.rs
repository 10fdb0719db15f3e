//! What the server allows of `OpenAPI` in a CRD's schema: `ValidateCustomResourceDefinitionOpenAPISchema`, without CEL.

use std::collections::HashSet;

use super::node::{Known, Node, is_convertible};
use super::{ENOUGH, field_path};
use crate::schema::stored::Places;
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Value};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// What holds for a node because of the nodes above it.
#[derive(Clone, Copy, Default)]
pub(super) struct Above<'k> {
    /// Why there may be no default; the top-level field that it is for, if that is the reason.
    no_default: Option<NoDefault<'k>>,
    /// Within `metadata`, `kind` or `apiVersion` of a resource.
    in_meta: bool,
    /// A node of the resource's own structure, not the root.
    is_inner: bool,
}

#[derive(Clone, Copy)]
enum NoDefault<'k> {
    TopLevel(&'k str),
    InMap,
}

/// A node and all below it.
pub(super) fn schema<'a>(cx: &mut Cx<'a>, schema: Value<'a>, above: Above<'a>) {
    if cx.count() > ENOUGH {
        return;
    }
    let node = Node::read(schema);
    standard(cx, &node, above);
    if node.unique_items {
        let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        cx.forbidden(schema.at("uniqueItems"), why);
    }
    children(cx, &node, above);
    if node.preserves == Some(false) {
        cx.invalid(schema.at("x-kubernetes-preserve-unknown-fields"), "must be true or undefined");
    }
    map_type(cx, &node);
    list_type(cx, &node);
    if node.list_type == Some("map") {
        map_list(cx, &node);
    }
    if let (Some("map" | "set"), Some(items)) = (node.list_type, node.item_schema()) {
        list_items(cx, &node, &Node::read(items));
    }
    let mut rules = Rules { node, convertible: None, known: Known::default() };
    for rule in node.rules.into_iter().flat_map(Value::items) {
        if cx.count() <= ENOUGH {
            rules.check(cx, rule);
        }
    }
}

fn children<'a>(cx: &mut Cx<'a>, node: &Node<'a>, above: Above<'a>) {
    let inner = Above { is_inner: true, ..above };
    if let Some(additional) = node.additional {
        let is_schema = additional.kind() == Kind::Mapping;
        if node.properties().next().is_some() && (is_schema || additional.as_bool() == Some(false)) {
            let why = "additionalProperties and properties are mutual exclusive";
            cx.forbidden(node.value.at("additionalProperties"), why);
        }
        if is_schema {
            let no_default = if above.in_meta { Some(NoDefault::InMap) } else { above.no_default };
            schema(cx, additional, Above { no_default, ..inner });
        }
    }
    for (name, property) in node.properties() {
        let mut below = inner;
        if (!above.is_inner || node.embedded) && matches!(name, "metadata" | "kind" | "apiVersion") {
            below.in_meta = true;
            if !above.is_inner {
                below.no_default = Some(NoDefault::TopLevel(name));
            }
        }
        schema(cx, property, below);
    }
    for junctor in node.junctors() {
        schema(cx, junctor, inner);
    }
    match node.items {
        Some(items) if items.kind() == Kind::Mapping => schema(cx, items, inner),
        Some(items) => items.items().for_each(|item| schema(cx, item, inner)),
        None => {}
    }
    if node.has_foreign {
        for (_, definition) in node.value.pairs("definitions").chain(node.value.pairs("dependencies")) {
            if definition.kind() == Kind::Mapping {
                schema(cx, definition, inner);
            }
        }
    }
}

/// The fields that are refused wherever they stand.
fn standard<'a>(cx: &mut Cx<'a>, node: &Node<'a>, above: Above<'_>) {
    let schema = node.value;
    if !node.ty.is_empty() && !TYPES.contains(&node.ty) {
        cx.not_supported(schema.at("type"), &TYPES);
    }
    if node.default.is_some() {
        match above.no_default {
            Some(NoDefault::TopLevel(name)) => {
                cx.forbidden(schema.at("default"), format_args!("must not be set in top-level {name}"));
            }
            Some(NoDefault::InMap) => {
                let why = "must not be set inside additionalProperties applying to object metadata";
                cx.forbidden(schema.at("default"), why);
            }
            None => {}
        }
    }
    if node.has_foreign {
        if !schema.text("id").is_empty() {
            cx.forbidden(schema.at("id"), "id is not supported");
        }
        for (field, is_there) in [
            ("additionalItems", schema.has("additionalItems")),
            ("patternProperties", schema.count("patternProperties") > 0),
            ("definitions", schema.count("definitions") > 0),
            ("dependencies", schema.has("dependencies")),
            ("$ref", schema.has("$ref")),
        ] {
            if is_there {
                cx.forbidden(schema.at(field), format_args!("{field} is not supported"));
            }
        }
    }
    if node.ty == "null" {
        cx.forbidden(schema.at("type"), "type cannot be set to null, use nullable as an alternative");
    }
    if node.items.is_some_and(|items| items.items().len() > 0) {
        cx.forbidden(schema.at("items"), "items must be a schema object and not an array");
    }
    if above.in_meta && node.embedded {
        cx.forbidden(schema.at("x-kubernetes-embedded-resource"), "must not be used inside of resource meta");
    }
}

fn map_type<'a>(cx: &mut Cx<'a>, node: &Node<'a>) {
    let Some(map_type) = node.map_type else { return };
    if node.ty != "object" {
        let why = "must be object if x-kubernetes-map-type is specified";
        needs_type(cx, node, why);
    }
    if !matches!(map_type, "atomic" | "granular") {
        cx.not_supported(node.value.at("x-kubernetes-map-type"), &["atomic", "granular"]);
    }
}

fn needs_type<'a>(cx: &mut Cx<'a>, node: &Node<'a>, why: &str) {
    if node.ty.is_empty() {
        cx.required(node.value.at("type"), why);
    } else {
        cx.invalid(node.value.at("type"), why);
    }
}

fn list_type<'a>(cx: &mut Cx<'a>, node: &Node<'a>) {
    let schema = node.value;
    if let Some(list_type) = node.list_type {
        if node.ty != "array" {
            needs_type(cx, node, "must be array if x-kubernetes-list-type is specified");
        } else if list_type == "set"
            && let Some(items) = node.item_schema()
        {
            let why = "must be atomic as item of a list with x-kubernetes-list-type=set";
            let inner = Node::read(items);
            if inner.ty == "array" && inner.list_type.is_some_and(|list_type| list_type != "atomic") {
                cx.invalid(items.at("x-kubernetes-list-type"), why);
            } else if inner.ty == "object" && inner.map_type != Some("atomic") {
                cx.invalid(items.at("x-kubernetes-map-type"), why);
            }
        }
        if !matches!(list_type, "atomic" | "set" | "map") {
            cx.not_supported(schema.at("x-kubernetes-list-type"), &["atomic", "set", "map"]);
        }
    }
    if node.list_keys.is_some_and(|keys| keys.items().len() > 0) {
        let why = "must be map if x-kubernetes-list-map-keys is non-empty";
        match node.list_type {
            Some("map") => {}
            Some(_) => cx.invalid(schema.at("x-kubernetes-list-type"), why),
            None => cx.required(schema.at("x-kubernetes-list-type"), why),
        }
    }
}

/// A list whose items are found by their keys.
fn map_list<'a>(cx: &mut Cx<'a>, node: &Node<'a>) {
    let schema = node.value;
    if node.list_keys.is_none_or(|keys| keys.items().len() == 0) {
        cx.required(schema.at("x-kubernetes-list-map-keys"), "must not be empty if x-kubernetes-list-type is map");
    }
    let Some(items) = node.items else {
        return cx.required(schema.at("items"), "must have a schema if x-kubernetes-list-type is map");
    };
    if items.kind() != Kind::Mapping {
        return cx.invalid(schema.at("items"), "must only have a single schema if x-kubernetes-list-type is map");
    }
    let inner = Node::read(items);
    if inner.ty != "object" {
        let why = "must be object if parent array's x-kubernetes-list-type is map";
        if inner.ty.is_empty() {
            cx.invalid_shown(items.at("type"), "\"\"", why);
        } else {
            cx.invalid(items.at("type"), why);
        }
        return;
    }
    let mut known = Known::default();
    let mut seen = HashSet::new();
    for key in node.list_keys.into_iter().flat_map(Value::items).map(|key| key.as_str().unwrap_or_default()) {
        let keys = schema.at("x-kubernetes-list-map-keys");
        match known.property(&inner, key) {
            Some(property) if matches!(Node::read(property).ty, "array" | "object") => {
                // The server prints the type of the items, not of the property.
                let why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                cx.invalid_shown(property.at("type"), format_args!("{:?}", inner.ty), why);
            }
            Some(_) => {}
            None => cx.invalid(keys, "entries must all be names of item properties"),
        }
        if !seen.insert(key) {
            cx.invalid(keys, "must not contain duplicate entries");
        }
    }
}

/// `validateMapListKeysMapSet`: items are never null, and keys always have a value.
fn list_items<'a>(cx: &mut Cx<'a>, node: &Node<'a>, inner: &Node<'a>) {
    let list_type = node.list_type.unwrap_or_default();
    if inner.nullable {
        let why = format!("cannot be nullable when x-kubernetes-list-type is {list_type}");
        cx.forbidden(inner.value.at("nullable"), why);
    }
    if list_type != "map" {
        return;
    }
    let mut known = Known::default();
    let required: HashSet<&str> = inner.value.texts("required").collect();
    for key in node.list_keys.into_iter().flat_map(Value::items).filter_map(Value::as_str) {
        let Some(property) = known.property(inner, key) else { continue };
        let property = Node::read(property);
        if !required.contains(key) && property.default.is_none() {
            let why =
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            cx.required(property.value.at("default"), why);
        }
        if property.nullable {
            let why = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            cx.forbidden(property.value.at("nullable"), why);
        }
    }
}

/// The `x-kubernetes-validations` of a node, as far as no CEL is needed.
struct Rules<'a> {
    node: Node<'a>,
    convertible: Option<bool>,
    known: Known<'a>,
}

impl<'a> Rules<'a> {
    fn check(&mut self, cx: &mut Cx<'a>, rule: Value<'a>) {
        let expression = rule.text("rule").trim();
        let (message, trimmed) = (rule.text("message"), rule.text("message").trim());
        if expression.is_empty() {
            cx.required(rule.at("rule"), "rule is not specified");
        } else if !message.is_empty() && trimmed.is_empty() {
            cx.invalid(rule.at("message"), "must be non-empty if specified");
        } else if has_newlines(trimmed) {
            cx.invalid(rule.at("message"), "must not contain line breaks");
        } else if has_newlines(expression) && trimmed.is_empty() {
            cx.required(rule.at("message"), "message must be specified if rule contains line breaks");
        }
        let message = rule.text("messageExpression");
        if !message.is_empty() && message.trim().is_empty() {
            cx.required(rule.at("messageExpression"), "messageExpression must be non-empty if specified");
        }
        if rule.text_if("reason").is_some_and(|reason| !REASONS.contains(&reason)) {
            cx.not_supported(rule.at("reason"), &REASONS);
        }
        let path = rule.text("fieldPath");
        if path.is_empty() {
            return;
        }
        if path.trim().is_empty() {
            cx.invalid(rule.at("fieldPath"), "must be non-empty if specified");
        }
        if has_newlines(path) {
            cx.invalid(rule.at("fieldPath"), "must not contain line breaks");
        }
        // The server follows no path in a schema that it cannot convert.
        if field_path::find(path, self.node.value, true, &mut self.known).is_err()
            && *self.convertible.get_or_insert_with(|| is_convertible(self.node.value).is_ok())
        {
            cx.invalid(rule.at("fieldPath"), "must be a valid path");
        }
    }
}

fn has_newlines(text: &str) -> bool {
    text.contains(['\n', '\r'])
}
