//! `ResourceQuotas`.

use std::collections::BTreeSet;

use super::super::resources::{self, Names};
use super::super::{Cx, Read, printed};
use crate::schema::stored::{At, Places};
use crate::schema::text::quantity;
use crate::yaml::Value;

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "VolumeAttributesClass",
    "CrossNamespacePodAffinity",
];
const CONFLICTS: [(&str, &str); 2] = [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];

/// `IsResourceQuotaScopeValidForResource`
fn fits(scope: &str, resource: &str) -> bool {
    let computes =
        || matches!(resource, "cpu" | "memory" | "limits.cpu" | "limits.memory" | "requests.cpu" | "requests.memory");
    match scope {
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => {
            resource == "pods" || computes()
        }
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => true,
    }
}

/// The quota counts something that the scope does not know.
fn is_misfit(spec: Value<'_>, scope: &str) -> bool {
    spec.pairs("hard").any(|(resource, _)| resources::is_standard_for_quota(resource) && !fits(scope, resource))
}

/// `ValidateResourceQuota`
pub(super) fn resource_quota<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    if let Some(hard) = spec.get("hard") {
        resources::amounts(cx, hard, Names::Quota);
    }
    let misfits: Vec<&str> = SCOPES.into_iter().filter(|scope| is_misfit(spec, scope)).collect();
    // The server says the same of each, and quotes all of them each time: once is enough.
    let mut refuse = |is_wrong: &dyn Fn(&str) -> bool, why: &str| {
        if let Some(index) = spec.texts("scopes").position(is_wrong) {
            cx.invalid(spec.at("scopes"), why);
            cx.points_to(&index.to_string());
        }
    };
    refuse(&|scope| !SCOPES.contains(&scope), "unsupported scope");
    refuse(&|scope| misfits.contains(&scope), "unsupported scope applied to resource");
    conflicts(cx, spec.at("scopes"), spec.at("scopes"), |scope| spec.texts("scopes").any(|one| one == scope));
    if let Some(selector) = spec.get("scopeSelector") {
        scope_selector(cx, spec, selector, &misfits);
    }
    warnings(cx, spec);
}

fn conflicts(cx: &mut Cx<'_>, at: At<'_>, shown: At<'_>, has: impl Fn(&str) -> bool) {
    for (one, other) in CONFLICTS {
        if has(one) && has(other) {
            cx.invalid_shown(at, printed(shown), "conflicting scopes");
        }
    }
}

/// `validateScopedResourceSelectorRequirement`; the server does not say which of the expressions it means.
fn scope_selector<'a>(cx: &mut Cx<'a>, spec: Value<'a>, selector: Value<'a>, misfits: &[&str]) {
    let all = selector.at("matchExpressions");
    let expressions = || selector.list("matchExpressions");
    if let Some(misfit) = expressions().find(|expression| misfits.contains(&expression.text("scopeName"))) {
        let shown = printed(spec.at("scopeSelector"));
        cx.invalid_shown(misfit.here(), shown, "unsupported scope applied to resource");
        cx.called_at(all, "");
    }
    for expression in expressions() {
        let (scope, operator) = (expression.text("scopeName"), expression.text("operator"));
        let values = expression.count("values");
        let refuse = |cx: &mut Cx<'a>, field: &'static str, why: &str| {
            let shown =
                if field == "values" { printed(expression.at(field)) } else { format!("{:?}", expression.text(field)) };
            cx.invalid_shown(expression.at(field), shown, why);
            cx.called_at(all, &format!(".{field}"));
        };
        if !SCOPES.contains(&scope) {
            refuse(cx, "scopeName", "unsupported scope");
        }
        let is_valueless = !matches!(scope, "PriorityClass" | "VolumeAttributesClass") && SCOPES.contains(&scope);
        if is_valueless && operator != "Exists" {
            refuse(
                cx,
                "operator",
                "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, \
                 ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
            );
        }
        match operator {
            "In" | "NotIn" if values == 0 => {
                let why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                cx.required(expression.at("values"), why);
                cx.called_at(all, ".values");
            }
            "Exists" | "DoesNotExist" if values > 0 => {
                let why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                refuse(cx, "values", why);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => refuse(cx, "operator", "not a valid selector operator"),
        }
    }
    conflicts(cx, all, spec.at("scopes"), |scope| expressions().any(|one| one.text("scopeName") == scope));
}

/// A request that the limit can never hold.
fn warnings<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(hard) = spec.get("hard") else { return };
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        let (bare, limit) = (resource, format!("limits.{resource}"));
        let mut request = format!("requests.{resource}");
        if !hard.has(&request) && resource != "ephemeral-storage" {
            bare.clone_into(&mut request);
        }
        let read = |key: &str| quantity::parse_value(hard.get(key)?).ok();
        if let (Some(least), Some(most)) = (read(&request), read(&limit))
            && least > most
        {
            let shown = |key: &str| printed(hard.at_key(key)).trim_matches('"').to_owned();
            let (least, most) = (shown(&request), shown(&limit));
            let why = format!("ResourceQuota {request} ({least}) should be less than {limit} ({most})");
            cx.since(35, |cx| {
                cx.warn(hard.at_key(&request), why);
                cx.called("");
            });
        }
    }
}

fn set(object: Value<'_>) -> BTreeSet<&str> {
    object.get("spec").into_iter().flat_map(|spec| spec.texts("scopes")).collect()
}

/// `ValidateResourceQuotaUpdate`
pub(super) fn resource_quota_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if set(new) != set(old) {
        cx.immutable(new.at("spec.scopes"));
    }
}
