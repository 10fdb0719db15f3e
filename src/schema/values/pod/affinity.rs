//! Which nodes a Pod wants, and which Pods it wants near or far.

use std::collections::{HashMap, HashSet};

use super::super::selector::{label_name, label_selector};
use super::super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const OPERATOR: &str = "not a valid selector operator";

/// `validateAffinity`. The keys of a Pod's own `labels` are merged into its selectors; a template has none yet.
pub(super) fn affinity<'a>(cx: &mut Cx<'a>, spec: Value<'a>, labels: &HashSet<&'a str>) {
    let Some(affinity) = spec.get("affinity") else { return };
    if let Some(nodes) = affinity.get("nodeAffinity") {
        if let Some(required) = nodes.get(REQUIRED) {
            node_selector(cx, required);
        }
        for term in nodes.list(PREFERRED) {
            weight(cx, term);
            if let Some(preference) = term.get("preference") {
                node_selector_term(cx, preference, true);
            }
        }
    }
    for field in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = affinity.get(field) else { continue };
        for term in pods.list(REQUIRED) {
            pod_term(cx, term, labels);
        }
        for weighted in pods.list(PREFERRED) {
            weight(cx, weighted);
            match weighted.get("podAffinityTerm") {
                Some(term) => pod_term(cx, term, labels),
                None => cx.required(weighted.at("podAffinityTerm.topologyKey"), "can not be empty"),
            }
        }
    }
}

fn weight<'a>(cx: &mut Cx<'a>, term: Value<'a>) {
    let weight = term.int("weight").unwrap_or_default();
    if !(1..=100).contains(&weight) {
        cx.invalid_shown(term.at("weight"), weight, "must be in the range 1-100");
    }
}

/// `ValidateNodeSelector`
pub(in crate::schema) fn node_selector<'a>(cx: &mut Cx<'a>, selector: Value<'a>) {
    if selector.count("nodeSelectorTerms") == 0 {
        return cx.required(selector.at("nodeSelectorTerms"), "must have at least one node selector term");
    }
    for term in selector.list("nodeSelectorTerms") {
        node_selector_term(cx, term, false);
    }
}

/// `ValidateNodeSelectorTerm`; where `any_value`, the values need not be those that labels can have.
fn node_selector_term<'a>(cx: &mut Cx<'a>, term: Value<'a>, any_value: bool) {
    for requirement in term.list("matchExpressions") {
        let (at, values) = (requirement.at("values"), requirement.count("values"));
        match requirement.text("operator") {
            "In" | "NotIn" if values == 0 => {
                cx.required(at, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if values > 0 => {
                cx.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if values != 1 => {
                cx.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => cx.invalid_shown(requirement.at("operator"), format_args!("{other:?}"), OPERATOR),
        }
        label_name(cx, requirement, "key");
        if !any_value {
            cx.since(33, |cx| values_are(cx, requirement, name::label_value));
        }
    }
    for requirement in term.list("matchFields") {
        match requirement.text("operator") {
            "In" | "NotIn" => {
                if requirement.count("values") != 1 {
                    let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                    cx.required(requirement.at("values"), why);
                }
            }
            other => cx.invalid_shown(requirement.at("operator"), format_args!("{other:?}"), OPERATOR),
        }
        match requirement.text("key") {
            "metadata.name" => values_are(cx, requirement, name::dns_subdomain),
            other => {
                let why = "not a valid field selector key";
                cx.invalid_shown(requirement.at("key"), format_args!("{other:?}"), why);
            }
        }
    }
}

fn values_are<'a>(cx: &mut Cx<'a>, requirement: Value<'a>, check: fn(&str) -> Vec<String>) {
    for value in requirement.list("values") {
        cx.invalid_each(value.here(), check(value.as_str().unwrap_or_default()));
    }
}

/// `validatePodAffinityTerm`
fn pod_term<'a>(cx: &mut Cx<'a>, term: Value<'a>, labels: &HashSet<&'a str>) {
    label_selector(cx, term, "labelSelector");
    label_selector(cx, term, "namespaceSelector");
    for namespace in term.list("namespaces") {
        for why in name::dns_label(namespace.as_str().unwrap_or_default()) {
            cx.invalid(namespace.here(), why);
            cx.called_at(term.at("namespace"), "");
        }
    }
    match_label_keys(cx, term, labels);
    if term.text("topologyKey").is_empty() {
        cx.required(term.at("topologyKey"), "can not be empty");
    }
    label_name(cx, term, "topologyKey");
}

/// `ValidateMatchLabelKeysAndMismatchLabelKeys`
pub(super) fn match_label_keys<'a>(cx: &mut Cx<'a>, term: Value<'a>, labels: &HashSet<&'a str>) {
    if term.count("matchLabelKeys") + term.count("mismatchLabelKeys") == 0 {
        return;
    }
    let selector = term.get("labelSelector");
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        if selector.is_none() && term.count(field) > 0 {
            cx.forbidden(term.at(field), "must not be specified when labelSelector is not set");
            continue;
        }
        for key in term.list(field) {
            cx.invalid_each(key.here(), name::qualified(key.as_str().unwrap_or_default()));
        }
    }
    if let Some(selector) = selector {
        selected_twice(cx, term, selector, labels);
    }
    let mismatch: HashSet<&str> = term.texts("mismatchLabelKeys").collect();
    for key in term.list("matchLabelKeys") {
        if key.as_str().is_some_and(|key| mismatch.contains(key)) {
            cx.invalid(key.here(), "exists in both matchLabelKeys and mismatchLabelKeys");
        }
    }
}

/// A key of `matchLabelKeys` must not be in the selector as well. The server merges a Pod's values of these keys into the
/// selector first, so that it finds the key there twice.
fn selected_twice<'a>(cx: &mut Cx<'a>, term: Value<'a>, selector: Value<'a>, labels: &HashSet<&'a str>) {
    let keys: Vec<&str> = term.texts("matchLabelKeys").collect();
    if keys.is_empty() {
        return;
    }
    let merged = ["matchLabelKeys", "mismatchLabelKeys"].iter().flat_map(|field| term.texts(field));
    let merged = merged.filter(|key| labels.contains(key));
    let expressions = selector.list("matchExpressions").map(|requirement| requirement.text("key"));
    let places: HashMap<&str, usize> = keys.iter().enumerate().map(|(at, key)| (*key, at)).collect();
    let mut seen: HashSet<&str> = selector.pairs("matchLabels").map(|(key, _)| key).collect();
    for key in expressions.chain(merged) {
        let place = places.get(key).and_then(|at| term.get("matchLabelKeys").map(|list| (list, *at)));
        if let Some((list, at)) = place.filter(|_| seen.contains(key)) {
            cx.invalid(list.at_index(at), "exists in both matchLabelKeys and labelSelector");
            cx.called_at(term.here(), &format!("[{at}]"));
        }
        seen.insert(key);
    }
}
