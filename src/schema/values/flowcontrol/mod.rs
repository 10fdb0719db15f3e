//! `flowcontrol.apiserver.k8s.io`: flow schemas and priority levels.

mod flow_schema;
mod priority_level;

use super::{Cx, Read};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    let name = object.get("metadata").map_or("", |metadata| metadata.text("name"));
    match kind.kind() {
        "FlowSchema" => flow_schema::flow_schema(cx, name, object),
        "PriorityLevelConfiguration" => priority_level::priority_level(cx, name, object),
        _ => {}
    }
}

/// What changed: the server checks the new object as a new one.
pub(super) fn validate_update<'a>(_cx: &mut Cx<'a>, _kind: Kind, _new: Value<'a>, _old: Value<'_>) {}

/// The spec of an object that every server has and nobody may change.
fn fixed<'a>(cx: &mut Cx<'a>, object: Value<'a>, spec: &serde_json::Value, why: &str) {
    let own = object.get("spec").map(Value::to_json);
    if own.as_ref() != Some(spec) {
        cx.invalid(object.at("spec"), why);
    }
}
