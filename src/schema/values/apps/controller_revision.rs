//! ControllerRevisions.

use crate::schema::stored::Places;
use crate::schema::values::{Cx, same};
use crate::yaml::{Kind, Value};

/// `ValidateControllerRevisionCreate`
pub(super) fn controller_revision<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    match object.get("data").map(Value::kind) {
        Some(Kind::Mapping) => {}
        None | Some(Kind::Null) => cx.required(object.at("data"), "data is mandatory"),
        Some(_) => cx.required(object.at("data"), "data must be a valid JSON object"),
    }
}

/// `ValidateControllerRevisionUpdate`
pub(super) fn controller_revision_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if !same::same(new, old, "data") {
        cx.immutable(new.at("data"));
    }
}
