//! What containers and Pods ask for.

use std::collections::HashMap;

use super::super::resources::{self, Names};
use super::super::{Cx, Read};
use super::Whole;
use crate::schema::stored::Places;
use crate::schema::text::quantity::{self, Quantity};
use crate::yaml::Value;

/// Amounts by the names of resources.
type Amounts<'a> = HashMap<&'a str, Quantity>;

/// The `resources` of a container.
pub(super) fn of_container<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>, container: Value<'a>) {
    if let Some(list) = container.get("resources") {
        resources::requirements(cx, list, Names::Container, &whole.claims);
    }
}

/// `spec.overhead`, which the server checks as limits of a container.
pub(super) fn overhead<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(overhead) = spec.get("overhead") else { return };
    let before = cx.count();
    resources::amounts(cx, overhead, Names::Container);
    cx.moved(before, spec.at("overhead"), spec.at("overhead.limits"));
}

/// `validatePodResources`: the `resources` of the Pod itself.
pub(super) fn of_pod<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>) {
    let spec = whole.spec;
    let Some(list) = spec.get("resources") else { return };
    if whole.os == Some("windows") {
        return cx.forbidden(list.here(), "may not be set for a windows pod");
    }
    if list.has("claims") {
        cx.forbidden(list.at("claims"), "claims may not be set for Resources at pod-level");
    }
    resources::requirements(cx, list, Names::Pod, &whole.claims);
    if let Some(requests) = list.get("requests") {
        compare(cx, requests, &effective(spec, "requests"), "requests");
    }
    let Some(limits) = list.get("limits") else { return };
    let mut of_all = effective(spec, "limits");
    of_all.retain(|resource, _| resources::is_huge_pages(resource));
    compare(cx, limits, &of_all, "limits");
    let most: Amounts<'_> = amounts(limits).collect();
    for (index, container) in spec.list("containers").enumerate() {
        let Some(own) = container.get("resources").and_then(|list| list.get("limits")) else { continue };
        for (resource, amount) in amounts(own) {
            let Some(limit) = most.get(resource).filter(|limit| amount > **limit) else { continue };
            let limit = shown(limits, resource).unwrap_or_else(|| limit.value().to_string());
            cx.invalid(own.at_key(resource), format_args!("must be less than or equal to pod limits of {limit}"));
            cx.called_at(list.here(), &format!(".containers[{index}][{resource}].limits"));
        }
    }
}

fn amounts(list: Value<'_>) -> impl Iterator<Item = (&str, Quantity)> {
    list.entries().filter_map(|(resource, _, value)| Some((resource, quantity::parse_value(value).ok()?)))
}

fn shown(list: Value<'_>, resource: &str) -> Option<String> {
    list.get(resource).and_then(Value::as_str).map(str::to_owned)
}

/// What all containers have together is within what the Pod has.
fn compare<'a>(cx: &mut Cx<'a>, of_pod: Value<'a>, of_all: &Amounts<'a>, kind: &str) {
    for (resource, amount) in amounts(of_pod) {
        if let Some(sum) = of_all.get(resource).filter(|sum| **sum > amount) {
            let sum = sum.value();
            let why = format!("must be greater than or equal to aggregate container {kind} of {sum}");
            cx.invalid(of_pod.at_key(resource), why);
        }
    }
}

/// `AggregateContainerRequests` and `AggregateContainerLimits`: what runs at one time, at most. Side cars run beside all
/// that comes after them.
pub(super) fn effective<'a>(spec: Value<'a>, field: &str) -> Amounts<'a> {
    let mut sum = Amounts::new();
    let mut side_cars = Amounts::new();
    let mut most = Amounts::new();
    let add = |sum: &mut Amounts<'a>, resource: &'a str, amount: Quantity| {
        let sum = sum.entry(resource).or_default();
        sum.0 = sum.0.saturating_add(amount.0);
    };
    let list = |container: Value<'a>| container.get("resources").and_then(|list| list.get(field));
    for own in spec.list("containers").filter_map(list) {
        amounts(own).for_each(|(resource, amount)| add(&mut sum, resource, amount));
    }
    for container in spec.list("initContainers") {
        let Some(own) = list(container) else { continue };
        let is_side_car = container.text("restartPolicy") == "Always";
        for (resource, amount) in amounts(own) {
            let mut peak = side_cars.get(resource).copied().unwrap_or_default();
            peak.0 = peak.0.saturating_add(amount.0);
            let so_far = most.entry(resource).or_default();
            *so_far = (*so_far).max(peak);
            if is_side_car {
                add(&mut sum, resource, amount);
                add(&mut side_cars, resource, amount);
            }
        }
    }
    for (resource, peak) in most {
        let so_far = sum.entry(resource).or_default();
        *so_far = (*so_far).max(peak);
    }
    sum
}
