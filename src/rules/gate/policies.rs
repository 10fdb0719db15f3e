//! `gate/policy-weakened`: what of the policies in use the change takes away or makes milder.

use std::collections::BTreeSet;

use super::POLICY_WEAKENED;
use crate::check::{Check, Context, Draft, Review, Subject};
use crate::finding::Operation;
use crate::manifest::object::{Object, group_of};
use crate::policy::gatekeeper::constraint::Action;
use crate::rules::Rule;
use crate::yaml::Value;

/// Fields of a constraint's match that narrow it: without one, everything matches.
const NARROWING: [&str; 8] =
    ["kinds", "scope", "namespaces", "labelSelector", "namespaceSelector", "name", "source", "operations"];

/// Compares Gatekeeper's objects before and after.
#[derive(Debug)]
pub struct GatekeeperObjects;

impl Check for GatekeeperObjects {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&POLICY_WEAKENED]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { operation, old, new, .. }) = subject else { return };
        match (operation, old, new) {
            (Operation::Delete, Some(old), None) if asks(old) => {
                let message = format!("{} is removed: what it refuses is refused no longer", old.key);
                drafts.push(Draft::at(&POLICY_WEAKENED, old, "/metadata/name", message).detail("removed"));
            }
            (Operation::Update, Some(old), Some(new)) if is_constraint(old) => constraint(old, new, drafts),
            (Operation::Create | Operation::Update, old, Some(new)) if is_config(new) => {
                let before = old.map(exclusions).unwrap_or_default();
                for name in exclusions(new).difference(&before) {
                    let message = format!("Gatekeeper no longer asks about the namespace {name}");
                    drafts.push(Draft::at(&POLICY_WEAKENED, new, "/spec/match", message).detail(name));
                }
            }
            _ => {}
        }
    }
}

fn is_constraint(object: &Object) -> bool {
    group_of(&object.api_version) == "constraints.gatekeeper.sh"
}

fn is_config(object: &Object) -> bool {
    group_of(&object.api_version) == "config.gatekeeper.sh" && object.key.kind == "Config"
}

/// It refuses something, or is needed for it.
fn asks(object: &Object) -> bool {
    let is_template = group_of(&object.api_version) == "templates.gatekeeper.sh";
    is_template || is_constraint(object) && action(object) == Some(Action::Deny)
}

/// What a constraint does; none where it says so for each point, or not in a known word.
fn action(constraint: &Object) -> Option<Action> {
    let written = constraint.value().path(&["spec", "enforcementAction"]);
    written.map_or(Some(Action::Deny), |action| action.as_str().and_then(Action::parse))
}

fn constraint(old: &Object, new: &Object, drafts: &mut Vec<Draft>) {
    let mut say = |pointer: &str, detail: &str, message: String| {
        drafts.push(Draft::at(&POLICY_WEAKENED, new, pointer, message).detail(detail));
    };
    if let (Some(before), Some(after)) = (action(old), action(new))
        && after > before
    {
        let word = |action: Action| format!("{action:?}").to_lowercase();
        let message = format!("enforcementAction goes from {} to {}", word(before), word(after));
        say("/spec/enforcementAction", "enforcementAction", message);
    }
    let part = |object: &'_ Object, field: &str| -> Option<serde_json::Value> {
        object.value().path(&["spec", "match", field]).filter(|value| !value.is_null()).map(Value::to_json)
    };
    let excluded = |object: &Object| texts(object.value().path(&["spec", "match", "excludedNamespaces"]));
    for name in excluded(new).difference(&excluded(old)) {
        say(
            "/spec/match/excludedNamespaces",
            name,
            format!("the constraint no longer asks about the namespace {name}"),
        );
    }
    for field in NARROWING {
        let (before, after) = (part(old, field), part(new, field));
        if before != after && after.as_ref().is_some_and(|after| !is_wider(before.as_ref(), after)) {
            let message = format!("match.{field} changes: what it leaves out now is not asked about any more");
            say(&format!("/spec/match/{field}"), field, message);
        }
    }
}

/// A list with everything that it had before.
fn is_wider(before: Option<&serde_json::Value>, after: &serde_json::Value) -> bool {
    let lists = before.and_then(serde_json::Value::as_array).zip(after.as_array());
    lists.is_some_and(|(before, after)| {
        let has = |one: &serde_json::Value| after.iter().any(|other| one == other || holds(other, one));
        after.is_empty() || !before.is_empty() && before.iter().all(has)
    })
}

/// An entry of `kinds` has the groups and the kinds of another.
fn holds(entry: &serde_json::Value, other: &serde_json::Value) -> bool {
    ["apiGroups", "kinds"].iter().all(|key| {
        let list = |entry: &serde_json::Value| entry.get(key).and_then(|list| list.as_array().cloned());
        let lists = list(entry).zip(list(other));
        lists.is_some_and(|(all, some)| all.iter().any(|any| any == "*") || some.iter().all(|one| all.contains(one)))
    })
}

/// The namespaces that a Config leaves out of the webhook.
fn exclusions(config: &Object) -> BTreeSet<String> {
    let entries = config.value().path(&["spec", "match"]).into_iter().flat_map(Value::items);
    let of_webhook = entries.filter(|entry| {
        let processes = texts(entry.get("processes"));
        processes.contains("*") || processes.contains("webhook")
    });
    of_webhook.flat_map(|entry| texts(entry.get("excludedNamespaces"))).collect()
}

fn texts(list: Option<Value<'_>>) -> BTreeSet<String> {
    list.into_iter().flat_map(Value::items).filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
