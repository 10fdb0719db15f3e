//! Resources by name (`cpu`, `hugepages-2Mi`, `example.com/gpu`) and amounts of them: what containers, Pods, quotas and
//! limit ranges share.

use std::collections::{HashMap, HashSet};

use super::{Cx, Read};
use crate::schema::stored::{At, Places};
use crate::schema::text::name;
use crate::schema::text::quantity::{self, Quantity};
use crate::yaml::Value;

/// What a quota counts, apart from huge pages.
const QUOTA: [&str; 19] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];
/// What comes in whole numbers only.
const INTEGER: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Whose resources are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Anything that is standard or qualified.
    Any,
    /// A container's.
    Container,
    /// A Pod's own, beside its containers'.
    Pod,
    /// A quota's.
    Quota,
}

/// `IsHugePageResourceName`
pub(super) fn is_huge_pages(resource: &str) -> bool {
    resource.starts_with("hugepages-")
}

/// `IsNativeResource`: of Kubernetes itself.
pub(super) fn is_native(resource: &str) -> bool {
    !resource.contains('/') || resource.contains("kubernetes.io/")
}

/// `IsExtendedResourceName`: a resource that somebody else provides.
pub(super) fn is_extended(resource: &str) -> bool {
    !is_native(resource)
        && !resource.starts_with("requests.")
        && name::qualified(&format!("requests.{resource}")).is_empty()
}

/// `IsOvercommitAllowed`
pub(super) fn is_overcommit_allowed(resource: &str) -> bool {
    is_native(resource) && !is_huge_pages(resource)
}

/// `IsStandardQuotaResourceName`
pub(super) fn is_standard_for_quota(resource: &str) -> bool {
    QUOTA.contains(&resource) || is_huge_pages(resource) || resource.starts_with("requests.hugepages-")
}

/// Check the name of a resource, which stands at `at`.
pub(super) fn resource_name(cx: &mut Cx<'_>, at: At<'_>, resource: &str, names: Names) {
    let mut is_fine = true;
    let mut refuse = |why: &str| {
        cx.invalid_shown(at, format_args!("{resource:?}"), why);
        is_fine = false;
    };
    let is_plain = !resource.contains('/');
    let whys = name::qualified(resource);
    for why in &whys {
        refuse(why);
    }
    if whys.is_empty() && is_plain && !is_standard_for_quota(resource) && resource != "storage" {
        refuse("must be a standard resource type or fully qualified");
    }
    match names {
        Names::Any => {}
        Names::Container if is_plain => {
            if !matches!(resource, "cpu" | "memory" | "ephemeral-storage") && !is_huge_pages(resource) {
                refuse("must be a standard resource for containers");
            }
        }
        Names::Container => {
            if !is_native(resource) && !is_extended(resource) {
                refuse("doesn't follow extended resource name standard");
            }
        }
        Names::Quota => {
            if is_plain && !is_standard_for_quota(resource) {
                refuse("must be a standard resource for quota");
            }
        }
        Names::Pod => {
            if is_fine && !matches!(resource, "cpu" | "memory") && !is_huge_pages(resource) {
                let why = "supported values: \"cpu\", \"hugepages-\", \"memory\"";
                cx.push(
                    crate::schema::problem::Cause::NotSupported,
                    at,
                    format!("Unsupported value: {resource:?}: {why}"),
                );
            }
        }
    }
}

/// `ValidateResourceQuantityValue`: not negative, and whole where the resource comes in whole numbers.
pub(super) fn amount(cx: &mut Cx<'_>, at: At<'_>, resource: &str, quantity: Quantity) {
    if quantity.is_negative() {
        cx.invalid(at, "must be greater than or equal to 0");
    }
    if (INTEGER.contains(&resource) || is_extended(resource)) && quantity.milli_value() % 1000 != 0 {
        cx.invalid(at, "must be an integer");
    }
}

/// Check the names and amounts of a resource list, the value of some field.
pub(super) fn amounts<'a>(cx: &mut Cx<'a>, list: Value<'a>, names: Names) {
    for (resource, value, quantity) in entries(list) {
        resource_name(cx, list.at_entry(resource, value), resource, names);
        amount(cx, list.at_entry(resource, value), resource, quantity);
    }
}

/// A map whose keys are looked for again and again.
pub(super) enum Lookup<'a> {
    /// So few entries that going through them is fastest.
    Few(Option<Value<'a>>),
    /// So many that going through them would take for ever.
    Many(HashMap<&'a str, Value<'a>>),
}

impl<'a> Lookup<'a> {
    /// The map, if there is one.
    pub(super) fn new(map: Option<Value<'a>>) -> Self {
        match map.map(Value::entries) {
            Some(entries) if entries.len() > 32 => Self::Many(entries.map(|(key, _, value)| (key, value)).collect()),
            _ => Self::Few(map),
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::Few(map) => map.and_then(|map| map.get(key)),
            Self::Many(map) => map.get(key).copied(),
        }
    }
}

/// The resources of a list whose amounts can be read.
fn entries(list: Value<'_>) -> impl Iterator<Item = (&str, Value<'_>, Quantity)> {
    list.entries().filter_map(|(resource, _, value)| Some((resource, value, quantity::parse_value(value).ok()?)))
}

/// `validateResourceRequirements`: the `resources` of a container or Pod. `claims` are the Pod's resource claims.
pub(super) fn requirements<'a>(cx: &mut Cx<'a>, resources: Value<'a>, names: Names, claims: &HashSet<&str>) {
    let mut huge_pages = false;
    let mut has_compute = false;
    let limits = Lookup::new(resources.get("limits"));
    for field in ["limits", "requests"] {
        let Some(list) = resources.get(field) else { continue };
        for (resource, value, quantity) in entries(list) {
            let at = list.at_entry(resource, value);
            resource_name(cx, at, resource, names);
            amount(cx, at, resource, quantity);
            if field == "requests" {
                within_limit(cx, resources, limits.get(resource), resource, (value, quantity));
            }
            if is_huge_pages(resource) {
                huge_pages = true;
                if !is_multiple(resource, quantity) {
                    let shown = value.as_str().unwrap_or_default();
                    cx.invalid(at, format_args!("{shown} is not positive integer multiple of {resource}"));
                }
            }
            has_compute |= matches!(resource, "cpu" | "memory");
        }
    }
    if huge_pages && !has_compute {
        cx.forbidden(resources.here(), "HugePages require cpu or memory");
    }
    claim_names(cx, resources, claims);
}

/// A request is at most the limit, and the limit itself where nothing can be overcommitted.
fn within_limit<'a>(
    cx: &mut Cx<'a>,
    resources: Value<'a>,
    limit: Option<Value<'a>>,
    resource: &str,
    (value, quantity): (Value<'a>, Quantity),
) {
    let shown = |value: Value<'_>| serde_json::to_string(&value).unwrap_or_default();
    match limit.map(|limit| (limit, quantity::parse_value(limit))) {
        Some((limit, Ok(most))) => {
            let relation = if quantity != most && !is_overcommit_allowed(resource) {
                "equal to"
            } else if quantity > most {
                "less than or equal to"
            } else {
                return;
            };
            let limit = shown(limit);
            let why = format_args!("must be {relation} {resource} limit of {}", limit.trim_matches('"')).to_string();
            cx.invalid_shown(resources.at("requests"), shown(value), why);
            cx.points_to(resource);
        }
        None if !is_overcommit_allowed(resource) => {
            cx.required(resources.at("limits"), "Limit must be set for non overcommitable resources");
        }
        Some((_, Err(_))) | None => {}
    }
}

/// `IsHugePageResourceValueDivisible`
fn is_multiple(resource: &str, quantity: Quantity) -> bool {
    let Some(Ok(page)) = resource.strip_prefix("hugepages-").map(quantity::parse) else { return false };
    page > Quantity::default() && page.milli_value() % 1000 == 0 && quantity.value() % page.value() == 0
}

/// `validateResourceClaimNames`
fn claim_names<'a>(cx: &mut Cx<'a>, resources: Value<'a>, claims: &HashSet<&str>) {
    let mut whole: HashSet<&str> = HashSet::new();
    let mut parts: HashSet<(&str, &str)> = HashSet::new();
    let mut in_part: HashSet<&str> = HashSet::new();
    for claim in resources.list("claims") {
        let (name, request) = (claim.text("name"), claim.text("request"));
        if name.is_empty() {
            cx.required(claim.here(), "");
            continue;
        }
        if whole.contains(name) {
            cx.duplicate_shown(claim.here(), format_args!("{name:?}"));
        } else if request.is_empty() {
            if in_part.contains(name) {
                cx.duplicate_shown(claim.here(), format_args!("{name:?}"));
            }
            whole.insert(name);
        } else {
            cx.invalid_each(claim.at("request"), name::dns_label(request));
            in_part.insert(name);
            if !parts.insert((name, request)) {
                cx.duplicate_shown(claim.here(), format_args!("\"{name}/{request}\""));
            }
        }
        if !claims.contains(name) {
            let mut known: Vec<&str> = claims.iter().copied().collect();
            known.sort_unstable();
            let list = if known.is_empty() { " which is empty".to_owned() } else { format!(": {}", known.join(", ")) };
            let message = format!("Not found: {name:?}: must be one of the names in pod.spec.resourceClaims{list}");
            cx.push(crate::schema::problem::Cause::NotFound, claim.here(), message);
        }
    }
}
