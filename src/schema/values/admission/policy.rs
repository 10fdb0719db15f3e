//! Admission policies and their bindings.

use std::collections::HashSet;

use super::expression::{self, expression};
use super::{FAILURE_POLICIES, REINVOCATION_POLICIES, rule, supported};
use crate::schema::stored::Places;
use crate::schema::text::cel;
use crate::schema::text::name;
use crate::schema::values::expression::Scope;
use crate::schema::values::{Cx, Read, selector};
use crate::yaml::Value;

const REASONS: &[&str] = &["Forbidden", "Invalid", "RequestEntityTooLarge"];
const ACTIONS: &[&str] = &["Audit", "Deny", "Warn"];
const PATCH_TYPES: &[&str] = &["ApplyConfiguration", "JSONPatch"];
const NOT_FOUND_ACTIONS: &[&str] = &["Deny", "Allow"];
/// The most audit annotations, and the most bytes of the expression of one.
const ANNOTATIONS: usize = 20;
const ANNOTATION_EXPRESSION: usize = 5 * 1024;

/// `ValidatingAdmissionPolicy`
pub(super) fn validating<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    common(cx, spec);
    let params = spec.has("paramKind");
    expression::match_conditions(cx, spec, params);
    let variables = variables(cx, spec, params);
    let scope = Scope {
        names: expression::names(params, true),
        variables: (spec.count("variables") > 0).then_some(&variables),
    };
    if spec.count("validations") == 0 && spec.count("auditAnnotations") == 0 {
        let why = "validations or auditAnnotations must contain at least one item";
        cx.required(spec.at("validations"), why);
        cx.required(spec.at("auditAnnotations"), why);
        return;
    }
    for validation in spec.list("validations") {
        self::validation(cx, validation, &scope, params);
    }
    let count = spec.count("auditAnnotations");
    if count > ANNOTATIONS {
        let why = format!("must not have more than {ANNOTATIONS} auditAnnotations");
        cx.invalid(spec.at("auditAnnotations"), why);
    }
    let name = object.get("metadata").map_or("", |metadata| metadata.text("name"));
    let mut keys = HashSet::new();
    for annotation in spec.list("auditAnnotations") {
        audit_annotation(cx, annotation, name, &scope);
        if !keys.insert(annotation.text("key")) {
            cx.duplicate_shown(annotation.at("key"), format_args!("{:?}", annotation.text("key")));
        }
    }
}

/// `MutatingAdmissionPolicy`
pub(super) fn mutating<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    common(cx, spec);
    rule::mutating_operations(cx, spec, "matchConstraints", "spec.matchConstraints.resourceRules.operations");
    let params = spec.has("paramKind");
    expression::match_conditions(cx, spec, params);
    let variables = variables(cx, spec, params);
    let scope = Scope { names: expression::names(params, true), variables: Some(&variables) };
    if spec.count("mutations") == 0 {
        cx.required(spec.at("mutations"), "mutations must contain at least one item");
    }
    for mutation in spec.list("mutations") {
        self::mutation(cx, mutation, &scope);
    }
    cx.one_of(spec.at("reinvocationPolicy"), REINVOCATION_POLICIES);
}

/// `ValidatingAdmissionPolicyBinding`
pub(super) fn validating_binding<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    binding(cx, spec);
    let at = spec.at("validationActions");
    let mut actions = HashSet::new();
    for action in spec.list("validationActions") {
        let text = action.as_str().unwrap_or_default();
        if !ACTIONS.contains(&text) {
            cx.not_supported(action.here(), ACTIONS);
        }
        if !actions.insert(text) {
            cx.duplicate(action.here());
        }
    }
    if actions.contains("Deny") && actions.contains("Warn") {
        let why = "must not contain both Deny and Warn (repeating the same validation failure information in the API \
                   response and headers serves no purpose)";
        cx.invalid(at, why);
    }
    if actions.is_empty() {
        cx.before(37, |cx| cx.required(at, "at least one validation action is required"));
        cx.since(37, |cx| cx.required(at, ""));
    }
}

/// `MutatingAdmissionPolicyBinding`
pub(super) fn mutating_binding<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    binding(cx, spec);
    rule::mutating_operations(cx, spec, "matchResources", "spec.matchResources.resourceRules.operations");
}

fn binding<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let policy = spec.text("policyName");
    if policy.is_empty() {
        cx.required(spec.at("policyName"), "");
    } else {
        cx.invalid_each(spec.at("policyName"), name::dns_subdomain(policy));
    }
    param_ref(cx, spec);
    rule::match_resources(cx, spec, "matchResources");
}

fn param_ref<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(reference) = spec.get("paramRef") else { return };
    let name = reference.text("name");
    let has_selector = reference.has("selector");
    let exclusive = "name and selector are mutually exclusive";
    if !name.is_empty() {
        cx.invalid_each(reference.at("name"), name::path_segment(name));
        if has_selector {
            cx.forbidden(reference.at("name"), exclusive);
        }
    }
    if has_selector {
        selector::label_selector(cx, reference, "selector");
        if !name.is_empty() {
            cx.forbidden(reference.at("selector"), exclusive);
        }
    } else if name.is_empty() {
        cx.required(spec.at("paramRef"), "one of name or selector must be specified");
    }
    cx.one_of(reference.at("parameterNotFoundAction"), NOT_FOUND_ACTIONS);
}

/// What both policies begin with.
fn common<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    supported(cx, spec, "failurePolicy", FAILURE_POLICIES);
    if let Some(kind) = spec.get("paramKind") {
        param_kind(cx, kind);
    }
    let Some(constraints) = spec.get("matchConstraints") else {
        return cx.required(spec.at("matchConstraints"), "");
    };
    rule::match_resources(cx, spec, "matchConstraints");
    if constraints.count("resourceRules") == 0 {
        cx.required(constraints.at("resourceRules"), "");
    }
}

fn param_kind<'a>(cx: &mut Cx<'a>, param: Value<'a>) {
    let at = param.at("apiVersion");
    let text = param.text("apiVersion");
    let (group, version) = text.split_once('/').unwrap_or(("", text));
    if text.is_empty() {
        cx.required(at, "");
    } else if version.contains('/') {
        cx.invalid(at, format_args!("unexpected GroupVersion string: {text}"));
    } else {
        let wrong = if group.is_empty() { Vec::new() } else { name::dns_subdomain(group) };
        if !wrong.is_empty() {
            cx.invalid_shown(at, format_args!("{group:?}"), wrong.join(","));
        }
        let wrong = name::dns_1035_label(version);
        if version.is_empty() {
            cx.invalid(at, "version must be specified");
        } else if !wrong.is_empty() {
            cx.invalid_shown(at, format_args!("{version:?}"), wrong.join(","));
        }
    }
    let kind = param.text("kind");
    let wrong = name::dns_1035_label(&kind.to_lowercase());
    if kind.is_empty() {
        cx.required(param.at("kind"), "");
    } else if !wrong.is_empty() {
        let why = wrong.join(",");
        cx.invalid(param.at("kind"), format_args!("may have mixed case, but should otherwise match: {why}"));
    }
}

/// Check the variables, each of which can name those before it.
fn variables<'a>(cx: &mut Cx<'a>, spec: Value<'a>, params: bool) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    for variable in spec.list("variables") {
        let name = variable.text("name");
        if name.trim().is_empty() {
            cx.required(variable.at("name"), "name is not specified");
        } else if !cel::is_identifier(name) {
            cx.invalid(variable.at("name"), "must be a valid CEL identifier");
        }
        let text = variable.text("expression");
        if text.trim().is_empty() {
            cx.required(variable.at("expression"), "expression is not specified");
        } else {
            let scope = Scope { names: expression::names(params, true), variables: Some(&names) };
            expression(cx, variable.at("expression"), text, &scope, None);
        }
        names.insert(name);
    }
    names
}

fn validation<'a>(cx: &mut Cx<'a>, validation: Value<'a>, scope: &Scope<'_>, params: bool) {
    let text = validation.text("expression");
    if text.trim().is_empty() {
        cx.required(validation.at("expression"), "expression is not specified");
    } else {
        expression(cx, validation.at("expression"), text, scope, Some(&expression::BOOL));
    }
    let text = validation.text("messageExpression");
    if !text.is_empty() && text.trim().is_empty() {
        cx.invalid(validation.at("messageExpression"), "must be non-empty if specified");
    } else if !text.is_empty() {
        let scope = Scope { names: expression::names(params, false), ..*scope };
        expression(cx, validation.at("messageExpression"), text, &scope, Some(&expression::STRING));
    }
    let text = validation.text("message");
    if !text.is_empty() && text.trim().is_empty() {
        cx.invalid(validation.at("message"), "must be non-empty if specified");
    } else if text.trim().contains(['\n', '\r']) {
        cx.invalid(validation.at("message"), "must not contain line breaks");
    }
    supported(cx, validation, "reason", REASONS);
}

fn audit_annotation<'a>(cx: &mut Cx<'a>, annotation: Value<'a>, policy: &str, scope: &Scope<'_>) {
    let key = annotation.text("key");
    if policy.is_empty() {
        cx.invalid_shown(annotation.at("key"), format_args!("{key:?}"), "requires metadata.name be non-empty");
    } else {
        let full = format!("{policy}/{key}");
        cx.invalid_shown_each(annotation.at("key"), format_args!("{full:?}"), name::qualified(&full));
    }
    let at = annotation.at("valueExpression");
    let text = annotation.text("valueExpression").trim();
    if text.is_empty() {
        cx.required(at, "valueExpression is not specified");
    } else if text.len() > ANNOTATION_EXPRESSION {
        cx.required(at, &format!("must not exceed {ANNOTATION_EXPRESSION} bytes in length"));
    } else {
        expression(cx, at, text, scope, Some(&expression::STRING_OR_NULL));
    }
}

fn mutation<'a>(cx: &mut Cx<'a>, mutation: Value<'a>, scope: &Scope<'_>) {
    let kind = mutation.text("patchType");
    let (own, other, wanted) = match kind {
        "JSONPatch" => ("jsonPatch", "applyConfiguration", expression::PATCHES),
        "ApplyConfiguration" => ("applyConfiguration", "jsonPatch", expression::OBJECT),
        _ => return cx.one_of(mutation.at("patchType"), PATCH_TYPES),
    };
    match mutation.get(own) {
        None => cx.required(mutation.at(own), &format!("must be specified when patchType is {kind}")),
        Some(patch) => {
            let text = patch.text("expression").trim();
            if text.is_empty() {
                cx.required(patch.at("expression"), "");
            } else {
                expression(cx, patch.at("expression"), text, scope, Some(&wanted));
            }
        }
    }
    if mutation.has(other) {
        let shown = format!("\"{{{other}}}\"");
        cx.invalid_shown(mutation.at(other), shown, format_args!("must not be specified when patchType is {kind}"));
    }
}
