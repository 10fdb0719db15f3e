//! `LimitRanges`.

use std::collections::{BTreeSet, HashSet};

use super::super::resources::{self, Lookup, Names};
use super::super::{Cx, Read};
use crate::schema::stored::{At, Places, Stored};
use crate::schema::text::name;
use crate::schema::text::quantity::{self, Quantity};
use crate::yaml::Value;

const LISTS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
/// The most entries that are filled into a list.
const ADDED: usize = 64;
/// One, in billionths.
const ONE: i128 = 1_000_000_000;

/// `SetDefaults_LimitRangeItem`: for containers, the maximum is the default limit, which is the default request, which may
/// also be the minimum.
pub(super) fn limit_range_defaults(stored: &mut Stored) {
    let mut added = Vec::new();
    for limit in stored.root().get("spec").into_iter().flat_map(|spec| spec.list("limits")) {
        if limit.text("type") != "Container" {
            continue;
        }
        let list = |field: &str| -> Vec<(&str, serde_json::Value)> {
            limit.pairs(field).map(|(key, value)| (key, value.to_json())).collect()
        };
        let mut known: HashSet<&str> = limit.pairs("default").map(|(key, _)| key).collect();
        let defaults: Vec<_> = list("max").into_iter().filter(|(key, _)| known.insert(key)).collect();
        let mut known: HashSet<&str> = limit.pairs("defaultRequest").map(|(key, _)| key).collect();
        let sources = list("default").into_iter().chain(defaults.clone()).chain(list("min"));
        let requests: Vec<_> = sources.filter(|(key, _)| known.insert(key)).collect();
        for (field, entries) in [("default", defaults), ("defaultRequest", requests)] {
            let entries: Vec<(String, serde_json::Value)> =
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            added.push((limit.id(), limit.get(field).map(Value::id), field, entries));
        }
    }
    for (limit, list, field, entries) in added {
        match list {
            Some(list) => {
                // No real limit range has more, and each copies the list.
                for (key, value) in entries.into_iter().take(ADDED) {
                    stored.add_key(list, &key, &value);
                }
            }
            None => stored.add(limit, field, &serde_json::Value::Object(entries.into_iter().collect())),
        }
    }
}

/// `ValidateLimitRange`
pub(super) fn limit_range<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    let mut types = HashSet::new();
    for limit in spec.list("limits") {
        let kind = limit.text("type");
        let whys = name::qualified(kind);
        cx.invalid_shown_each(limit.at("type"), format_args!("{kind:?}"), &whys);
        let is_standard = matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim");
        if whys.is_empty() && !kind.contains('/') && !is_standard {
            cx.invalid(limit.at("type"), "must be a standard limit type or fully qualified");
        }
        if !types.insert(kind) {
            cx.duplicate(limit.at("type"));
        }
        lists(cx, limit, kind);
        let all: BTreeSet<&str> = LISTS
            .into_iter()
            .filter(|list| kind != "Pod" || !matches!(*list, "default" | "defaultRequest"))
            .flat_map(|list| limit.pairs(list).map(|(key, _)| key))
            .collect();
        let lists = LISTS.map(|field| {
            let is_read = kind != "Pod" || !matches!(field, "default" | "defaultRequest");
            let list = limit.get(field).filter(|_| is_read);
            (list, Lookup::new(list))
        });
        for resource in all {
            relations(cx, &lists, resource);
        }
    }
}

fn lists<'a>(cx: &mut Cx<'a>, limit: Value<'a>, kind: &str) {
    let names = if matches!(kind, "Pod" | "Container") { Names::Container } else { Names::Any };
    for field in LISTS {
        let Some(list) = limit.get(field).filter(|list| list.entries().len() > 0) else { continue };
        if kind == "Pod" && matches!(field, "default" | "defaultRequest") {
            cx.forbidden(limit.at(field), "may not be specified when `type` is 'Pod'");
            continue;
        }
        for (resource, _, value) in list.entries() {
            resources::resource_name(cx, list.at_entry(resource, value), resource, names);
        }
    }
    let has_storage = |field: &str| limit.get(field).is_some_and(|list| list.has("storage"));
    if kind == "PersistentVolumeClaim" && !has_storage("min") && !has_storage("max") {
        let why = "either minimum or maximum storage value is required, but neither was provided";
        cx.required(limit.at("limits"), why);
    }
}

/// An amount as it was written, and its place.
struct Amount<'a> {
    at: At<'a>,
    text: String,
    quantity: Quantity,
}

fn amount<'a>((list, lookup): &(Option<Value<'a>>, Lookup<'a>), resource: &'a str) -> Option<Amount<'a>> {
    let value = lookup.get(resource)?;
    let quantity = quantity::parse_value(value).ok()?;
    let text = serde_json::to_string(&value).unwrap_or_default().trim_matches('"').to_owned();
    Some(Amount { at: (*list)?.at_entry(resource, value), text, quantity })
}

/// How the amounts of one resource must relate; the lists are those of [`LISTS`].
fn relations<'a>(cx: &mut Cx<'a>, lists: &[(Option<Value<'a>>, Lookup<'a>); 5], resource: &'a str) {
    let [max, min, default, request, ratio] = lists.each_ref().map(|list| amount(list, resource));
    let mut at_most =
        |lower: &Option<Amount<'a>>, what: &str, upper: &Option<Amount<'a>>, than: &str, at_upper: bool| {
            if let (Some(low), Some(high)) = (lower, upper)
                && low.quantity > high.quantity
            {
                let at = if at_upper { high.at } else { low.at };
                let why = format!("{what} value {} is greater than {than} value {}", low.text, high.text);
                cx.invalid(at, why);
            }
        };
    at_most(&min, "min", &max, "max", false);
    at_most(&min, "min", &request, "default request", true);
    at_most(&request, "default request", &max, "max", false);
    at_most(&request, "default request", &default, "default limit", false);
    at_most(&min, "min", &default, "default", true);
    at_most(&default, "default", &max, "max", false);
    if let Some(ratio) = ratio {
        let at = ratio.at;
        if ratio.quantity.0 < ONE {
            cx.invalid(at, format_args!("ratio {} is less than 1", ratio.text));
        }
        if let (Some(min), Some(max)) = (&min, &max) {
            let (min, max) = (min.quantity.0, max.quantity.0);
            if min > 0 && ratio.quantity.0.saturating_mul(min) > max.saturating_mul(ONE) {
                let most = max.saturating_mul(1_000_000) / min;
                let (whole, rest) = (most / 1_000_000, most % 1_000_000);
                cx.invalid(at, format_args!("ratio {} is greater than max/min = {whole}.{rest:06}", ratio.text));
            }
        }
    }
    if let (Some(default), Some(request)) = (&default, &request)
        && default.quantity != request.quantity
        && !resources::is_overcommit_allowed(resource)
    {
        let why =
            format!("default value {} must equal to defaultRequest value {} in {resource}", default.text, request.text);
        cx.invalid(request.at, why);
    }
}
