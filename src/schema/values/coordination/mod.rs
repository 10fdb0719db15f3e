//! `coordination.k8s.io`: Leases.

use super::{Cx, Read};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    if kind.kind() == "Lease" {
        lease(cx, object);
    }
}

/// What changed.
pub(super) fn validate_update<'a>(_cx: &mut Cx<'a>, _kind: Kind, _new: Value<'a>, _old: Value<'_>) {}

/// The `strategy` and `preferredHolder` of coordinated leader election are dropped while that is off, as it is by default.
fn lease<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    if spec.int("leaseDurationSeconds").is_some_and(|seconds| seconds <= 0) {
        cx.invalid(spec.at("leaseDurationSeconds"), "must be greater than 0");
    }
    if spec.int("leaseTransitions").is_some_and(|transitions| transitions < 0) {
        cx.invalid(spec.at("leaseTransitions"), "must be greater than or equal to 0");
    }
}
