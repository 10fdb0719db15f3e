//! `scheduling.k8s.io`: priority classes.

use super::{Cx, Read};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::yaml::Value;

/// The highest priority that users may define.
const HIGHEST: i64 = 1_000_000_000;
/// The classes that the server itself makes.
const SYSTEM: [(&str, i64); 2] =
    [("system-node-critical", 2 * HIGHEST + 1000), ("system-cluster-critical", 2 * HIGHEST)];
const POLICIES: [&str; 2] = ["PreemptLowerPriority", "Never"];

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    if kind.kind() == "PriorityClass" {
        priority_class(cx, object);
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    if kind.kind() == "PriorityClass" {
        priority_class_update(cx, new, old);
    }
}

fn priority_class<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let value = object.int("value").unwrap_or_default();
    let name_of = |field| object.path(&["metadata", field]).and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name_of("name").or_else(|| name_of("generateName")).unwrap_or_default();
    if name.starts_with("system-") {
        if let Some(why) = not_of_the_system(name, value, object.flag("globalDefault")) {
            cx.forbidden(
                object.at("metadata.name"),
                format_args!(
                    "priority class names with 'system-' prefix are reserved for system use only. error: {why}"
                ),
            );
        }
    } else if value > HIGHEST {
        cx.forbidden(object.at("value"), format_args!("maximum allowed value of a user defined priority is {HIGHEST}"));
    }
    cx.one_of(object.at("preemptionPolicy"), &POLICIES);
}

/// `IsKnownSystemPriorityClass`
fn not_of_the_system(name: &str, value: i64, is_default: bool) -> Option<String> {
    match SYSTEM.iter().find(|(known, _)| *known == name) {
        None => Some(format!("{name} is not a known system priority class")),
        Some((_, known)) if *known != value => Some(format!("value of {name} PriorityClass must be {known}")),
        Some(_) => is_default.then(|| format!("globalDefault of {name} PriorityClass must be false")),
    }
}

fn priority_class_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if new.int("value").unwrap_or_default() != old.int("value").unwrap_or_default() {
        cx.forbidden_change(new.at("value"), "may not be changed in an update.");
    }
    if new.text("preemptionPolicy") != old.text("preemptionPolicy") {
        cx.immutable(new.at("preemptionPolicy"));
    }
}
