//! `apiextensions.k8s.io`: custom resource definitions.

mod conversion;
mod defaults;
mod definition;
mod field_path;
mod fits;
mod formats;
mod node;
mod openapi;
mod structural;
mod version;

use super::{Cx, Read};
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// The problems of one definition that are told. A hostile one has as many as it has bytes.
const ENOUGH: usize = 1000;

/// Defaults that depend on other fields: the names that follow from the kind's.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    if kind.kind() != "CustomResourceDefinition" {
        return;
    }
    let Some(names) = stored.root().path(&["spec", "names"]) else { return };
    // Nothing follows from a name that is not known.
    let kind = names.get("kind").filter(|kind| !stored.is_opaque(*kind)).and_then(Value::as_str).unwrap_or_default();
    let kind = kind.to_owned();
    let (id, has_singular, has_list) = (names.id(), names.has("singular"), names.has("listKind"));
    if kind.is_empty() {
        return;
    }
    if !has_singular {
        stored.add(id, "singular", &kind.to_lowercase().into());
    }
    if !has_list {
        stored.add(id, "listKind", &format!("{kind}List").into());
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    if kind.kind() == "CustomResourceDefinition" {
        definition::custom_resource_definition(cx, object);
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    if kind.kind() == "CustomResourceDefinition" {
        definition::custom_resource_definition_update(cx, new, old);
    }
}
