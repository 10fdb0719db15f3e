//! The server's warning of formats that it does not check.

use std::collections::HashSet;

use super::node::Node;
use crate::schema::crd::format::Format;
use crate::schema::crd::node::Type;
use crate::schema::stored::Places;
use crate::schema::values::Cx;
use crate::yaml::Value;

/// The first minor that warns of the formats of strings, and of those of other types.
const OF_STRINGS: u8 = 34;
const OF_ALL: u8 = 36;

/// Every format is warned of once, as the server's answer has each warning once.
pub(super) fn warn<'a>(cx: &mut Cx<'a>, schema: Value<'a>, seen: &mut HashSet<&'a str>) {
    let node = Node::read(schema);
    if !node.format.is_empty() && !is_known(node.ty, node.format) && seen.insert(node.format) {
        let first = if node.ty == "string" { OF_STRINGS } else { OF_ALL };
        cx.since(first, |cx| cx.warn(schema.at("format"), format_args!("unrecognized format {:?}", node.format)));
    }
    node.children().for_each(|child| warn(cx, child, seen));
}

fn is_known(ty: &str, format: &str) -> bool {
    let ty = match ty {
        "" => Type::Any,
        "string" => Type::String,
        "integer" => Type::Integer,
        "number" => Type::Number,
        _ => return false,
    };
    Format::of(format, ty).is_some()
}
