//! The defaults of a schema must be values of it: `ValidateDefaults`, without CEL.

use super::ENOUGH;
use super::fits::{Fits, Work};
use super::node::Node;
use crate::schema::stored::Places;
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Value};

/// Whether a default stands anywhere, so that a walk is worth its while.
pub(super) fn any(schema: Value<'_>) -> bool {
    let node = Node::read(schema);
    let below = node.properties().map(|(_, property)| property).chain(node.item_schema());
    node.default.is_some() || below.into_iter().any(any)
}

/// Check the defaults of a node and of all below it. `in_meta`: of the metadata of a resource.
pub(super) fn check<'a>(cx: &mut Cx<'a>, schema: Value<'a>, is_root: bool, in_meta: bool, work: &mut Work) {
    if cx.count() > ENOUGH {
        return;
    }
    let node = Node::read(schema);
    let is_resource = node.embedded || is_root;
    let in_meta = in_meta && !node.embedded;
    if let Some(default) = node.default {
        let before = cx.count();
        if !in_meta && !is_pruned(default, &node, is_resource, work) {
            cx.invalid(schema.at("default"), "must not have unknown fields");
        }
        let pruned = cx.count();
        if !in_meta {
            resources(cx, default, &node, is_resource, work);
        }
        if cx.count() == pruned {
            Fits::check(cx, default, schema, work);
        }
        if default.kind() == Kind::Sequence {
            let name = cx.name(default.here());
            cx.renamed(before, |field| {
                field.strip_prefix(&name)?.strip_prefix('[').map(|rest| format!("{name}.[{rest}"))
            });
        }
    }
    // There are no defaults below additionalProperties.
    if let Some(items) = node.item_schema() {
        check(cx, items, false, in_meta, work);
    }
    for (name, property) in node.properties() {
        let of_resource = is_resource && matches!(name, "metadata" | "apiVersion" | "kind");
        check(cx, property, false, in_meta || of_resource, work);
    }
}

/// Nothing would be pruned from a value.
fn is_pruned(value: Value<'_>, node: &Node<'_>, is_resource: bool, work: &mut Work) -> bool {
    if value.is_scalar() || !work.on(value, node) {
        return true;
    }
    let is_meta = |key: &str| is_resource && matches!(key, "apiVersion" | "kind" | "metadata");
    match value.kind() {
        Kind::Mapping => value.entries().filter(|(key, ..)| !is_meta(key)).all(|(key, _, value)| {
            match (node.property(key), node.additional) {
                (Some(property), _) => is_pruned_below(value, property, work),
                (None, Some(additional)) if additional.kind() == Kind::Mapping => {
                    is_pruned_below(value, additional, work)
                }
                // Below `additionalProperties: true` nothing is known.
                (None, Some(_)) => holds_nothing(value),
                (None, None) => node.preserves(),
            }
        }),
        _ => value.items().all(|item| match node.item_schema() {
            Some(items) => {
                // What is preserved in a list is so in its items.
                let inner = Node::read(items);
                let preserves = if node.preserves() { Some(true) } else { inner.preserves };
                is_pruned(item, &Node { preserves, ..inner }, inner.embedded, work)
            }
            None => node.preserves() || holds_nothing(item),
        }),
    }
}

fn is_pruned_below(value: Value<'_>, schema: Value<'_>, work: &mut Work) -> bool {
    if value.is_scalar() {
        return true;
    }
    let node = Node::read(schema);
    is_pruned(value, &node, node.embedded, work)
}

/// Without a schema every field is pruned.
fn holds_nothing(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Mapping => value.entries().len() == 0,
        Kind::Sequence => value.items().all(holds_nothing),
        _ => true,
    }
}

/// Resources within a value name their kind.
fn resources<'a>(cx: &mut Cx<'a>, value: Value<'a>, node: &Node<'a>, is_resource: bool, work: &mut Work) {
    if !work.on(value, node) {
        return;
    }
    match value.kind() {
        Kind::Mapping => {
            if is_resource {
                for field in ["apiVersion", "kind"] {
                    match value.get(field) {
                        None => cx.required(value.at(field), ""),
                        Some(text) if text.kind() != Kind::String => cx.invalid(value.at(field), "must be a string"),
                        Some(_) if value.text(field).is_empty() => cx.invalid(value.at(field), "must not be empty"),
                        Some(_) => {}
                    }
                }
            }
            for (key, _, inner) in value.entries().filter(|(.., inner)| !inner.is_scalar()) {
                if let Some(schema) = node.property(key).or_else(|| node.additional_schema()) {
                    let node = Node::read(schema);
                    resources(cx, inner, &node, node.embedded, work);
                }
            }
        }
        Kind::Sequence => {
            if let Some(items) = node.item_schema() {
                let node = Node::read(items);
                value.items().for_each(|item| resources(cx, item, &node, node.embedded, work));
            }
        }
        _ => {}
    }
}
