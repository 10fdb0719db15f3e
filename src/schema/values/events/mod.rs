//! `events.k8s.io`: Events, which the core group has too, with other names of some fields.

use super::{Cx, Read, core};
use crate::schema::stored::{At, Places, Stored};
use crate::schema::table::Kind;
use crate::schema::text::name;
use crate::yaml::Value;

/// The longest controller instance, action and reason, in bytes.
const TEXT: usize = 128;
/// The longest note, in bytes.
const NOTE: usize = 1024;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, _kind: Kind, object: Value<'a>) {
    event(cx, object, "reportingController", "regarding", "note");
    series(cx, object);
    if object.lacks("eventTime") {
        cx.required(object.at("eventTime"), "");
    }
    let kind = object.text("type");
    if !matches!(kind, "Normal" | "Warning") {
        cx.invalid_shown(object.at("type"), "\"\"", format_args!("has invalid value: {kind}"));
    }
    for (field, name) in [("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp")]
    {
        if !object.lacks(field) {
            unset(cx, object.at(field), name);
        }
    }
    if object.int("deprecatedCount").is_some_and(|count| count != 0) {
        unset(cx, object.at("deprecatedCount"), "count");
    }
    if let Some(source) = object.get("deprecatedSource")
        && !(source.lacks("component") && source.lacks("host"))
    {
        unset(cx, source.here(), "source");
    }
}

fn unset(cx: &mut Cx<'_>, at: At<'_>, name: &str) {
    cx.invalid_shown(at, "\"\"", "needs to be unset");
    cx.called(name);
}

fn series<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(series) = object.get("series") else { return };
    if series.int("count").unwrap_or_default() < 2 {
        cx.invalid_shown(series.at("count"), "\"\"", "should be at least 2");
    }
    if series.lacks("lastObservedTime") {
        cx.required(series.at("lastObservedTime"), "");
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, _kind: Kind, new: Value<'a>, old: Value<'_>) {
    // Manifest's name, server's name.
    let fields = [
        ("regarding", "involvedObject"),
        ("reason", "reason"),
        ("note", "message"),
        ("deprecatedSource", "source"),
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingController", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ];
    for (field, name) in fields {
        if !core::same(new.get(field), old.get(field)) {
            cx.immutable(new.at(field));
            cx.called(name);
        }
    }
}

/// `legacyValidateEvent`: what holds of the Events of both groups. The names of three fields differ between them.
pub(in crate::schema) fn event<'a>(
    cx: &mut Cx<'a>,
    object: Value<'a>,
    controller: &'a str,
    regarding: &'a str,
    note: &str,
) {
    let namespace = object.path(&["metadata", "namespace"]).and_then(Value::as_str).unwrap_or_default();
    let about = object.get(regarding).map(|about| about.text("namespace")).unwrap_or_default();
    let is_new = !object.lacks("eventTime");
    // A manifest without a namespace goes where it is applied to.
    let fits = match (is_new, about) {
        _ if namespace.is_empty() => true,
        (true, "") => matches!(namespace, "default" | "kube-system"),
        (true, _) => true,
        (false, "") => namespace == "default",
        (false, about) => namespace == about,
    };
    if !fits {
        let at = object.get(regarding).map_or(object.at(regarding), |about| about.at("namespace"));
        cx.invalid_shown(at, format_args!("{about:?}"), "does not match event.namespace");
        cx.called("involvedObject.namespace");
    }
    if is_new {
        new_event(cx, object, controller, note);
    }
    if !namespace.is_empty() {
        for why in name::dns_subdomain(namespace) {
            cx.invalid_shown(object.at("metadata.namespace"), format_args!("{namespace:?}"), why);
            cx.called("namespace");
        }
    }
}

fn new_event<'a>(cx: &mut Cx<'a>, object: Value<'a>, controller: &'a str, note: &str) {
    if object.lacks(controller) {
        cx.required(object.at(controller), "");
    }
    let text = object.text(controller);
    cx.invalid_shown_each(object.at(controller), format_args!("{text:?}"), name::qualified(text));
    for field in ["reportingInstance", "action", "reason"] {
        if object.lacks(field) {
            cx.required(object.at(field), "");
        } else if object.text(field).len() > TEXT {
            cx.invalid_shown(object.at(field), "\"\"", format_args!("can have at most {TEXT} characters"));
        }
    }
    if object.text(note).len() > NOTE
        && let Some(value) = object.get(note)
    {
        cx.invalid_shown(value.here(), "\"\"", format_args!("can have at most {NOTE} characters"));
        cx.called("message");
    }
}
