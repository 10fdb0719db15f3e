//! ControllerRevisions.

use crate::schema::stored::Places;
use crate::schema::values::Cx;
use crate::yaml::{Kind, Value};

/// `ValidateControllerRevisionCreate`
pub(super) fn controller_revision<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if cx.is_update() {
        return;
    }
    match object.get("data").map(Value::kind) {
        Some(Kind::Mapping) => {}
        None | Some(Kind::Null) => cx.required(object.at("data"), "data is mandatory"),
        Some(_) => cx.since(31, |cx| cx.required(object.at("data"), "data must be a valid JSON object")),
    }
}

/// `ValidateControllerRevisionUpdate`
pub(super) fn controller_revision_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let is_same = match (new.get("data"), old.get("data")) {
        (Some(new), Some(old)) => new.same(old),
        (new, old) => new.is_none() && old.is_none(),
    };
    if !is_same {
        cx.immutable(new.at("data"));
    }
}
