//! `discovery.k8s.io`: `EndpointSlice`.

mod endpoint_slice;

use super::Cx;
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, _kind: Kind, object: Value<'a>) {
    endpoint_slice::endpoint_slice(cx, object);
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, _kind: Kind, new: Value<'a>, old: Value<'_>) {
    endpoint_slice::endpoint_slice_update(cx, new, old);
}
