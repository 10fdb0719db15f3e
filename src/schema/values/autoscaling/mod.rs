//! `autoscaling`: HorizontalPodAutoscalers.

use super::Cx;
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(_cx: &mut Cx<'a>, _kind: Kind, _object: Value<'a>) {}

/// What changed.
pub(super) fn validate_update<'a>(_cx: &mut Cx<'a>, _kind: Kind, _new: Value<'a>, _old: Value<'_>) {}
