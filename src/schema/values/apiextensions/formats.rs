//! The server's warning of formats that it does not check.

use std::collections::HashSet;

use super::node::Node;
use crate::schema::stored::Places;
use crate::schema::values::Cx;
use crate::yaml::Value;

/// The formats of strings, without dashes. The last two are new in 1.34.
const STRINGS: [&str; 26] = [
    "bsonobjectid",
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "cidr",
    "mac",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
    "isbn",
    "isbn10",
    "isbn13",
    "creditcard",
    "ssn",
    "hexcolor",
    "rgbcolor",
    "byte",
    "password",
    "date",
    "duration",
    "datetime",
    "k8sshortname",
    "k8slongname",
];

/// Every format is warned of once, as the server's answer has each warning once.
pub(super) fn warn<'a>(cx: &mut Cx<'a>, schema: Value<'a>, seen: &mut HashSet<&'a str>) {
    let node = Node::read(schema);
    if !node.format.is_empty() && !is_known(node.ty, node.format) && seen.insert(node.format) {
        cx.warn(schema.at("format"), format_args!("unrecognized format {:?}", node.format));
    }
    node.children().for_each(|child| warn(cx, child, seen));
}

fn is_known(ty: &str, format: &str) -> bool {
    match ty {
        "" | "string" => STRINGS.iter().any(|known| format.bytes().filter(|byte| *byte != b'-').eq(known.bytes())),
        "integer" => matches!(format, "int32" | "int64"),
        "number" => matches!(format, "float" | "double"),
        _ => false,
    }
}
