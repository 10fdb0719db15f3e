//! References to objects of any kind, as several groups have them.

use super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// The `apiGroup`, `kind` and `name` of a `TypedLocalObjectReference` or a type that extends it.
pub(in crate::schema) fn typed_local<'a>(cx: &mut Cx<'a>, reference: Value<'a>) {
    if let Some(group) = reference.text_if("apiGroup") {
        cx.invalid_each(reference.at("apiGroup"), name::dns_subdomain(group));
    }
    segment(cx, reference, "kind");
    segment(cx, reference, "name");
}

/// `parent.field` must be there, and be such that it can stand in a URL's path.
pub(in crate::schema) fn segment<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    if parent.lacks(field) {
        cx.required(parent.at(field), "");
    } else {
        cx.invalid_each(parent.at(field), name::path_segment(parent.text(field)));
    }
}
