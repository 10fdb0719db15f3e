//! Roles and cluster roles.

use super::super::{Cx, Read, selector};
use crate::schema::stored::Places;
use crate::yaml::Value;

pub(super) fn role<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    for rule in object.list("rules") {
        policy_rule(cx, rule, true);
    }
}

pub(super) fn cluster_role<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    for rule in object.list("rules") {
        policy_rule(cx, rule, false);
    }
    let Some(aggregation) = object.get("aggregationRule") else { return };
    if aggregation.lacks("clusterRoleSelectors") {
        let why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        cx.required(aggregation.at("clusterRoleSelectors"), why);
    }
    for selector in aggregation.list("clusterRoleSelectors") {
        selector::validate(cx, selector);
        if !is_selector(cx, selector) {
            cx.invalid_shown(selector.here(), "null", "invalid label selector.");
        }
    }
}

/// `LabelSelectorAsSelector` can make something of it. What is wrong is told in detail beside it.
fn is_selector(cx: &Cx<'_>, selector: Value<'_>) -> bool {
    use crate::schema::text::name::{label_value, qualified};
    let is_value =
        |value: Value<'_>| cx.is_opaque(value) || value.as_str().is_none_or(|value| label_value(value).is_empty());
    selector.pairs("matchLabels").all(|(key, value)| qualified(key).is_empty() && is_value(value))
        && selector.list("matchExpressions").all(|requirement| {
            let values = match requirement.text("operator") {
                "In" | "NotIn" => !requirement.lacks("values"),
                "Exists" | "DoesNotExist" => requirement.lacks("values"),
                _ => false,
            };
            values && qualified(requirement.text("key")).is_empty() && requirement.list("values").all(is_value)
        })
}

/// `ValidatePolicyRule`
fn policy_rule<'a>(cx: &mut Cx<'a>, rule: Value<'a>, is_namespaced: bool) {
    if rule.lacks("verbs") {
        cx.before(37, |cx| cx.required(rule.at("verbs"), "verbs must contain at least one value"));
        cx.since(37, |cx| cx.required(rule.at("verbs"), ""));
    }
    if !rule.lacks("nonResourceURLs") {
        let at = rule.at("nonResourceURLs");
        if is_namespaced {
            cx.invalid(at, "namespaced rules cannot apply to non-resource URLs");
        }
        if ["apiGroups", "resources", "resourceNames"].into_iter().any(|field| !rule.lacks(field)) {
            cx.invalid(at, "rules cannot apply to both regular resources and non-resource URLs");
        }
        return;
    }
    if rule.lacks("apiGroups") {
        cx.required(rule.at("apiGroups"), "resource rules must supply at least one api group");
    }
    if rule.lacks("resources") {
        cx.required(rule.at("resources"), "resource rules must supply at least one resource");
    }
}
