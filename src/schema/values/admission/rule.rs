//! Which requests a webhook or a policy is asked about.

use std::collections::HashSet;

use super::{MATCH_POLICIES, supported};
use crate::schema::problem::Cause;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read, selector};
use crate::yaml::Value;

const OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES: &[&str] = &["*", "Cluster", "Namespaced"];
/// What a mutation can be asked about.
const MUTATING_OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "UPDATE"];

/// `RuleWithOperations`
pub(super) fn with_operations<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    list(cx, rule, "operations", "operations");
    for operation in rule.list("operations") {
        if operation.as_str().is_some_and(|text| !OPERATIONS.contains(&text)) {
            cx.not_supported(operation.here(), OPERATIONS);
        }
    }
    list(cx, rule, "apiGroups", "API groups");
    list(cx, rule, "apiVersions", "API versions");
    for version in rule.list("apiVersions") {
        if version.as_str() == Some("") {
            cx.required(version.here(), "");
        }
    }
    resources(cx, rule);
    supported(cx, rule, "scope", SCOPES);
}

/// A list that must not be empty, and in which a star stands alone.
fn list<'a>(cx: &mut Cx<'a>, rule: Value<'a>, field: &'a str, what: &str) {
    match rule.count(field) {
        0 => cx.required(rule.at(field), ""),
        1 => {}
        _ if rule.texts(field).any(|text| text == "*") => {
            cx.invalid(rule.at(field), format_args!("if '*' is present, must not specify other {what}"));
        }
        _ => {}
    }
}

/// Resources with their subresources: `pods`, `pods/status`, `pods/*`, `*/scale`, `*/*`.
fn resources<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    let at = rule.at("resources");
    let count = rule.count("resources");
    if count == 0 {
        return cx.required(at, "");
    }
    // What `x/*` and `*/x` stand for, so far.
    let (mut all_of, mut of_all) = (HashSet::new(), HashSet::new());
    let mut has_star = false;
    let mut last_is_plain = false;
    for item in rule.list("resources") {
        let text = item.as_str().unwrap_or_default();
        if text.is_empty() {
            cx.required(item.here(), "");
            continue;
        }
        has_star |= text == "*";
        let Some((resource, sub)) = text.split_once('/') else {
            last_is_plain = text != "*";
            continue;
        };
        if all_of.contains(resource) {
            cx.invalid(item.here(), format_args!("if '{resource}/*' is present, must not specify {text}"));
        }
        if of_all.contains(sub) {
            cx.invalid(item.here(), format_args!("if '*/{sub}' is present, must not specify {text}"));
        }
        if sub == "*" {
            all_of.insert(resource);
        }
        if resource == "*" {
            of_all.insert(sub);
        }
    }
    if count > 1 && rule.texts("resources").any(|text| text == "*/*") {
        cx.invalid(at, "if '*/*' is present, must not specify other resources");
    }
    if has_star && last_is_plain {
        cx.invalid(at, "if '*' is present, must not specify other resources without subresources");
    }
}

/// `MatchResources` at `parent.field`; nothing is said of one that is absent.
pub(super) fn match_resources<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let Some(resources) = parent.get(field) else { return };
    supported(cx, resources, "matchPolicy", MATCH_POLICIES);
    selector::label_selector(cx, resources, "namespaceSelector");
    selector::label_selector(cx, resources, "objectSelector");
    for rule in resources.list("resourceRules").chain(resources.list("excludeResourceRules")) {
        let mut names = HashSet::new();
        for item in rule.list("resourceNames") {
            let text = item.as_str().unwrap_or_default();
            cx.invalid_each(item.here(), name::path_segment(text));
            if !names.insert(text) {
                cx.duplicate(item.here());
            }
        }
        with_operations(cx, rule);
    }
}

/// A mutation cannot be asked about what goes. The server leaves the item's number out.
pub(super) fn mutating_operations<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str, called: &str) {
    for rule in parent.get(field).into_iter().flat_map(|resources| resources.list("resourceRules")) {
        for operation in rule.texts("operations").filter(|text| !MUTATING_OPERATIONS.contains(text)) {
            let message = format!(
                "Unsupported value: {operation:?}: supported values: \"*\", \"CONNECT\", \"CREATE\", \"UPDATE\""
            );
            cx.push(Cause::NotSupported, rule.at("operations"), message);
            cx.called(called);
        }
    }
}
