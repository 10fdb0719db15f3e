//! `FlowSchema`.

use serde_json::json;

use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read};
use crate::yaml::Value;

const DISTINGUISHERS: &[&str] = &["ByNamespace", "ByUser"];
const SUBJECTS: &[&str] = &["Group", "ServiceAccount", "User"];
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const LARGEST_PRECEDENCE: i64 = 10_000;

/// `FlowSchema`
pub(super) fn flow_schema<'a>(cx: &mut Cx<'a>, name: &str, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    let at = spec.at("matchingPrecedence");
    let precedence = spec.int("matchingPrecedence").unwrap_or_default();
    // Zero is the default.
    if precedence < 0 {
        cx.invalid(at, "must be a positive value");
    } else if precedence > LARGEST_PRECEDENCE {
        cx.invalid(at, format_args!("must not be greater than {LARGEST_PRECEDENCE}"));
    } else if precedence == 1 && name != "exempt" {
        cx.invalid(at, "only the schema named 'exempt' may have matchingPrecedence 1");
    }
    if let Some(method) = spec.get("distinguisherMethod")
        && !DISTINGUISHERS.contains(&method.text("type"))
    {
        cx.not_supported(method.at("type"), DISTINGUISHERS);
    }
    let level = spec.get("priorityLevelConfiguration").map_or("", |level| level.text("name"));
    let at = spec.at("priorityLevelConfiguration.name");
    if level.is_empty() {
        cx.required(at, "must reference a priority level");
    } else {
        cx.invalid_each(at, name::dns_subdomain(level));
    }
    for rule in spec.list("rules") {
        self::rule(cx, rule);
    }
    if matches!(name, "exempt" | "catch-all") {
        super::fixed(cx, object, &mandatory(name), &format!("spec of '{name}' must equal the fixed value"));
    }
}

fn mandatory(name: &str) -> serde_json::Value {
    let group = |name: &str| json!({"kind": "Group", "group": {"name": name}});
    let rules = |subjects: serde_json::Value| {
        json!([{
            "subjects": subjects,
            "resourceRules": [
                {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": true},
            ],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        }])
    };
    if name == "exempt" {
        return json!({
            "matchingPrecedence": 1,
            "priorityLevelConfiguration": {"name": "exempt"},
            "rules": rules(json!([group("system:masters")])),
        });
    }
    json!({
        "matchingPrecedence": LARGEST_PRECEDENCE,
        "priorityLevelConfiguration": {"name": "catch-all"},
        "distinguisherMethod": {"type": "ByUser"},
        "rules": rules(json!([group("system:unauthenticated"), group("system:authenticated")])),
    })
}

fn rule<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    if rule.count("subjects") == 0 {
        cx.required(rule.at("subjects"), "subjects must contain at least one value");
    }
    for subject in rule.list("subjects") {
        self::subject(cx, subject);
    }
    if rule.count("resourceRules") == 0 && rule.count("nonResourceRules") == 0 {
        cx.required(rule.here(), "at least one of resourceRules and nonResourceRules has to be non-empty");
    }
    for rule in rule.list("resourceRules") {
        resource_rule(cx, rule);
    }
    for rule in rule.list("nonResourceRules") {
        non_resource_rule(cx, rule);
    }
}

fn subject<'a>(cx: &mut Cx<'a>, subject: Value<'a>) {
    let kind = subject.text("kind");
    if !SUBJECTS.contains(&kind) {
        return if subject.has("kind") {
            cx.not_supported(subject.at("kind"), SUBJECTS);
        } else {
            cx.required(subject.at("kind"), "");
        };
    }
    for (field, of) in [("serviceAccount", "ServiceAccount"), ("user", "User"), ("group", "Group")] {
        match subject.get(field) {
            None if kind == of => {
                cx.required(subject.at(field), &format!("{field} is required when subject kind is '{of}'"));
            }
            Some(one) if kind == of => named(cx, one, field == "serviceAccount"),
            Some(_) => {
                cx.forbidden(subject.at(field), format_args!("{field} is forbidden when subject kind is not '{of}'"));
            }
            None => {}
        }
    }
}

fn named<'a>(cx: &mut Cx<'a>, subject: Value<'a>, is_account: bool) {
    let name = subject.text("name");
    if name.is_empty() {
        cx.required(subject.at("name"), "");
    } else if is_account && name != "*" {
        cx.invalid_each(subject.at("name"), name::dns_subdomain(name));
    }
    if !is_account {
        return;
    }
    let namespace = subject.text("namespace");
    if namespace.is_empty() {
        cx.required(subject.at("namespace"), "must specify namespace for service account");
    } else {
        cx.invalid_each(subject.at("namespace"), name::dns_label(namespace));
    }
}

/// A list in which a star stands alone. The answer tells whether the items are to be looked at.
fn list<'a>(cx: &mut Cx<'a>, rule: Value<'a>, field: &'a str, empty: &str, others: &str) -> bool {
    let count = rule.count(field);
    if count == 0 {
        cx.required(rule.at(field), empty);
        return false;
    }
    let has_star = rule.texts(field).any(|text| text == "*");
    if has_star && count > 1 {
        cx.invalid(rule.at(field), format_args!("if '*' is present, must not specify other {others}"));
    }
    !has_star
}

fn verbs<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    if list(cx, rule, "verbs", "verbs must contain at least one value", "verbs")
        && !rule.texts("verbs").all(|verb| VERBS.contains(&verb))
    {
        cx.not_supported(rule.at("verbs"), VERBS);
    }
}

fn resource_rule<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    verbs(cx, rule);
    list(cx, rule, "apiGroups", "resource rules must supply at least one api group", "api groups");
    list(cx, rule, "resources", "resource rules must supply at least one resource", "resources");
    let none = "resource rules that are not cluster scoped must supply at least one namespace";
    if rule.count("namespaces") == 0 && rule.flag("clusterScope") {
        return;
    }
    if list(cx, rule, "namespaces", none, "namespaces") {
        for namespace in rule.list("namespaces") {
            for why in name::dns_label(namespace.as_str().unwrap_or_default()) {
                let why = format!("each member of this list must be '*' or a DNS-1123 label; {why}");
                cx.invalid(namespace.here(), why);
            }
        }
    }
}

fn non_resource_rule<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    verbs(cx, rule);
    let none = "nonResourceURLs must contain at least one value";
    if list(cx, rule, "nonResourceURLs", none, "non-resource URLs") {
        for path in rule.list("nonResourceURLs") {
            if let Some(why) = bad_path(path.as_str().unwrap_or_default()) {
                cx.invalid(path.here(), why);
            }
        }
    }
}

/// `ValidateNonResourceURLPath`
fn bad_path(path: &str) -> Option<&'static str> {
    let stars = path.matches('*').count();
    match path {
        "" => Some("must not be empty"),
        "/" => None,
        _ if !path.starts_with('/') => Some("must start with slash"),
        _ if path.contains(' ') => Some("must not contain white-space"),
        _ if path.contains("//") => Some("must not contain double slash"),
        _ if stars > 1 || (stars == 1 && !path.ends_with("/*")) => Some("wildcard can only do suffix matching"),
        _ => None,
    }
}
