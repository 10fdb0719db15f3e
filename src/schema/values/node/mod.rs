//! `node.k8s.io`: runtime classes.

use std::collections::HashSet;

use super::resources::{self, Names};
use super::{Cx, Read, metadata, pod};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::schema::text::name;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, _kind: Kind, object: Value<'a>) {
    if object.lacks("handler") {
        cx.since(36, |cx| cx.required(object.at("handler"), ""));
        cx.before(36, |cx| {
            for why in name::dns_label("") {
                cx.invalid_shown(object.at("handler"), "\"\"", why);
            }
        });
    } else {
        cx.invalid_each(object.at("handler"), name::dns_label(object.text("handler")));
    }
    if let Some(overhead) = object.get("overhead") {
        self::overhead(cx, overhead);
    }
    if let Some(scheduling) = object.get("scheduling") {
        metadata::labels(cx, scheduling, "nodeSelector");
        pod::tolerations(cx, scheduling);
        distinct_tolerations(cx, scheduling);
    }
}

fn distinct_tolerations<'a>(cx: &mut Cx<'a>, scheduling: Value<'a>) {
    let mut seen = HashSet::new();
    for toleration in scheduling.list("tolerations") {
        let fields = ["key", "operator", "value", "effect"].map(|field| toleration.text(field));
        if !seen.insert(fields) {
            let [key, operator, value, effect] = fields;
            let seconds = toleration.int("tolerationSeconds").map_or("null".to_owned(), |seconds| seconds.to_string());
            let shown = format_args!(
                "{{\"Key\":{key:?},\"Operator\":{operator:?},\"Value\":{value:?},\"Effect\":{effect:?},\"TolerationSeconds\":{seconds}}}"
            ).to_string();
            cx.duplicate_shown(toleration.here(), shown);
        }
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
    let first = cx.count();
    resources::amounts(cx, fixed, Names::Container);
    cx.moved(first, fixed.here(), overhead.at("limits"));
    for (resource, _) in overhead.pairs("podFixed") {
        huge_pages |= resources::is_huge_pages(resource);
        has_compute |= matches!(resource, "cpu" | "memory");
    }
    if huge_pages && !has_compute {
        cx.forbidden(overhead.here(), "HugePages require cpu or memory");
    }
}
