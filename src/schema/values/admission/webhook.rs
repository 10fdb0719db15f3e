//! Webhook configurations.

use std::collections::HashSet;

use super::{FAILURE_POLICIES, MATCH_POLICIES, REINVOCATION_POLICIES, expression, rule, supported};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read, selector, webhook};
use crate::yaml::Value;

const SIDE_EFFECTS: &[&str] = &["None", "NoneOnDryRun"];
/// What no webhook is asked about.
const EXCLUDED: [(&str, &str); 6] = [
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authentication.k8s.io", "tokenreviews"),
    ("authorization.k8s.io", "localsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authorization.k8s.io", "subjectaccessreviews"),
];
const REVIEW_VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// `MutatingWebhookConfiguration`, `ValidatingWebhookConfiguration`
pub(super) fn configuration<'a>(cx: &mut Cx<'a>, object: Value<'a>, mutating: bool) {
    let mut names = HashSet::new();
    for hook in object.list("webhooks") {
        self::hook(cx, hook, mutating);
        review_versions(cx, hook);
        let name = hook.text("name");
        if !name.is_empty() && !names.insert(name) {
            cx.duplicate(hook.at("name"));
        }
    }
}

fn hook<'a>(cx: &mut Cx<'a>, hook: Value<'a>, mutating: bool) {
    fully_qualified_name(cx, hook);
    for rule in hook.list("rules") {
        rule::with_operations(cx, rule);
        cx.since(37, |cx| excluded(cx, rule));
    }
    supported(cx, hook, "failurePolicy", FAILURE_POLICIES);
    supported(cx, hook, "matchPolicy", MATCH_POLICIES);
    if hook.has("sideEffects") {
        supported(cx, hook, "sideEffects", SIDE_EFFECTS);
    } else {
        cx.required(hook.at("sideEffects"), "must specify one of None, NoneOnDryRun");
    }
    if hook.int("timeoutSeconds").is_some_and(|seconds| !(1..=30).contains(&seconds)) {
        cx.invalid(hook.at("timeoutSeconds"), "the timeout value must be between 1 and 30 seconds");
    }
    selector::label_selector(cx, hook, "namespaceSelector");
    selector::label_selector(cx, hook, "objectSelector");
    if mutating {
        supported(cx, hook, "reinvocationPolicy", REINVOCATION_POLICIES);
    }
    match hook.get("clientConfig") {
        Some(config) => webhook::client_config(cx, config),
        None => cx.required(hook.at("clientConfig"), "exactly one of url or service is required"),
    }
    expression::match_conditions(cx, hook, false);
}

/// `warningsForExcludedRules`: what says who somebody is or may do, webhooks never see.
fn excluded<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    if ["apiGroups", "resources"].into_iter().any(|field| rule.texts(field).any(|text| text == "*")) {
        return;
    }
    let mut seen = HashSet::new();
    for group in rule.texts("apiGroups") {
        for resource in rule.texts("resources") {
            if EXCLUDED.contains(&(group, resource)) && seen.insert((group, resource)) {
                let what = format_args!("{resource}.{group}");
                cx.warn(
                    rule.here(),
                    format_args!("{what} is excluded from admission webhooks; this rule will have no effect"),
                );
            }
        }
    }
}

/// `IsFullyQualifiedName`
fn fully_qualified_name<'a>(cx: &mut Cx<'a>, hook: Value<'a>) {
    let (at, text) = (hook.at("name"), hook.text("name"));
    if text.is_empty() {
        return cx.required(at, "");
    }
    let wrong = name::dns_subdomain(text);
    if !wrong.is_empty() {
        cx.invalid(at, wrong.join(","));
    } else if text.split('.').count() < 3 {
        cx.invalid(at, "should be a domain with at least three segments separated by dots");
    }
}

fn review_versions<'a>(cx: &mut Cx<'a>, hook: Value<'a>) {
    let at = hook.at("admissionReviewVersions");
    if hook.count("admissionReviewVersions") == 0 {
        return cx.required(at, "must specify one of v1, v1beta1");
    }
    let mut seen = HashSet::new();
    for version in hook.list("admissionReviewVersions") {
        let text = version.as_str().unwrap_or_default();
        if !seen.insert(text) {
            cx.invalid(version.here(), "duplicate version");
            continue;
        }
        cx.invalid_each(version.here(), name::dns_1035_label(text));
    }
    if !REVIEW_VERSIONS.iter().any(|version| seen.contains(version)) {
        cx.invalid(at, "must include at least one of v1, v1beta1");
    }
}
