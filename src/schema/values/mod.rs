//! What no table can say of a built-in kind: the value validation of the API server, a file for each API group.
//!
//! A rule reads the stored object ([`Read`]) and tells its problems to the [`Cx`], in the server's order and words. The
//! functions are named after the server's kinds: `apps::deployment` for a create (and the new side of an update),
//! `apps::deployment_update` for what may not change.

mod context;
mod metadata;

pub(super) use context::{Cx, Read, nearest, printed};

use super::table::Kind;
use crate::yaml::Value;

/// Check an object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>, _old: Option<Value<'a>>) {
    metadata::object_meta(cx, kind, object);
    match (kind.group(), kind.kind()) {
        _ => {}
    }
}

/// Check what changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    match (kind.group(), kind.kind()) {
        _ => {}
    }
}
