//! `node.k8s.io`: runtime classes.

use super::resources::{self, Names};
use super::{Cx, Read, metadata};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::schema::text::name;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, _kind: Kind, object: Value<'a>) {
    if object.lacks("handler") {
        cx.required(object.at("handler"), "");
    } else {
        for why in name::dns_label(object.text("handler")) {
            cx.invalid(object.at("handler"), why);
        }
    }
    if let Some(overhead) = object.get("overhead") {
        self::overhead(cx, overhead);
    }
    if let Some(scheduling) = object.get("scheduling") {
        metadata::labels(cx, scheduling, "nodeSelector");
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, _kind: Kind, new: Value<'a>, old: Value<'_>) {
    if new.text("handler") != old.text("handler") {
        cx.immutable(new.at("handler"));
    }
}

/// What a Pod takes by itself. The server checks it as the limits of a container, and tells it so.
fn overhead<'a>(cx: &mut Cx<'a>, overhead: Value<'a>) {
    let Some(fixed) = overhead.get("podFixed") else { return };
    let (mut huge_pages, mut has_compute) = (false, false);
    for (resource, value) in overhead.pairs("podFixed") {
        let (first, at) = (cx.count(), fixed.at_key(resource));
        resources::resource_name(cx, at, resource, Names::Container);
        resources::amount(cx, at, resource, value);
        if cx.count() > first {
            cx.all_called(first, &format!("overhead.limits[{resource}]"));
        }
        huge_pages |= resources::is_huge_pages(resource);
        has_compute |= matches!(resource, "cpu" | "memory");
    }
    if huge_pages && !has_compute {
        cx.forbidden(overhead.here(), "HugePages require cpu or memory");
    }
}
