//! The seam for rules in CEL: which of them an object reaches.

use super::node::{Additional, Node};
use crate::yaml::{Kind, Value};

/// How many rules the server would evaluate. Those of a null are not.
pub(super) fn count(value: Value<'_>, schema: Node<'_>) -> usize {
    if value.kind() == Kind::Null {
        return 0;
    }
    let additional = match schema.additional() {
        Some(Additional::Schema(values)) => Some(values),
        _ => None,
    };
    let below = |(value, schema): (Value<'_>, Option<Node<'_>>)| match schema {
        Some(schema) if schema.has_rules_below() => count(value, schema),
        _ => 0,
    };
    let fields = value.entries().map(|(name, _, child)| (child, schema.property(name).or(additional)));
    let items = value.items().map(|item| (item, schema.items()));
    schema.count_rules() + fields.map(below).sum::<usize>() + items.map(below).sum::<usize>()
}
