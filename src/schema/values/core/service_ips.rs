//! `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy` of Services. What depends on the families that a cluster
//! has is left out.

use super::super::{Cx, Read, addresses};
use super::service_type::service_type;
use crate::schema::stored::{At, Places};
use crate::yaml::Value;

const POLICIES: [&str; 3] = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/// Both fields in one: `clusterIPs`, or the `clusterIP` alone.
pub(super) fn cluster_ips(spec: Value<'_>) -> Vec<&str> {
    match spec.text("clusterIP") {
        ip if !ip.is_empty() && spec.count("clusterIPs") == 0 => vec![ip],
        _ => spec.list("clusterIPs").map(|ip| ip.as_str().unwrap_or_default()).collect(),
    }
}

/// `isHeadlessService`
pub(super) fn is_headless(ips: &[&str]) -> bool {
    ips == ["None"]
}

/// Say something of one of the IPs: the server calls it `clusterIPs[N]` even if the manifest has `clusterIP` alone.
pub(super) fn at_ip<'a>(cx: &mut Cx<'a>, spec: Value<'a>, index: usize, say: impl FnOnce(&mut Cx<'a>, At<'a>)) {
    let before = cx.count();
    if let Some(list) = spec.get("clusterIPs").filter(|list| list.items().len() > 0) {
        return say(cx, list.at_index(index));
    }
    say(cx, spec.at("clusterIP"));
    if cx.count() > before {
        cx.called(&format!("spec.clusterIPs[{index}]"));
    }
}

/// `ValidateServiceClusterIPsRelatedFields`, and what is checked before addresses are allocated.
pub(super) fn ip_fields<'a>(cx: &mut Cx<'a>, spec: Value<'a>, ips: &[&str]) {
    let before = cx.count();
    let one = spec.text("clusterIP");
    let is_known = spec.get("clusterIP").is_none_or(|ip| ip.as_str().is_some());
    if let Some(first) = ips.first().filter(|_| is_known) {
        if one.is_empty() {
            cx.invalid(spec.at("clusterIPs"), "must be empty when `clusterIP` is not specified");
        } else if *first != one {
            cx.invalid(spec.at("clusterIPs"), "first value must match `clusterIP`");
        }
    }
    if let Some(list) = spec.get("ipFamilies") {
        let mut seen: [&str; 2] = [""; 2];
        for (index, family) in list.items().map(|family| family.as_str().unwrap_or_default()).enumerate() {
            if !matches!(family, "IPv4" | "IPv6") {
                cx.not_supported(list.at_index(index), &["IPv4", "IPv6"]);
            }
            match seen.iter_mut().find(|place| place.is_empty() || **place == family) {
                Some(place) if place.is_empty() => *place = family,
                Some(_) => cx.duplicate(list.at_index(index)),
                None => {}
            }
        }
    }
    let policy = spec.text_if("ipFamilyPolicy");
    if policy.is_some_and(|policy| !POLICIES.contains(&policy)) {
        cx.not_supported(spec.at("ipFamilyPolicy"), &POLICIES);
    }
    addresses_of(cx, spec, ips);
    if cx.count() == before && policy.unwrap_or("SingleStack") == "SingleStack" {
        // A headless Service without a selector is dual-stack unless it says otherwise.
        if policy.is_none() && is_headless(ips) && spec.count("selector") == 0 {
            return;
        }
        for (count, what) in [(ips.len(), "cluster IPs"), (spec.count("ipFamilies"), "IP families")] {
            if count == 2 {
                let why = format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
                cx.invalid_shown(spec.at("ipFamilyPolicy"), "\"SingleStack\"", why);
            }
        }
    }
}

fn addresses_of<'a>(cx: &mut Cx<'a>, spec: Value<'a>, ips: &[&str]) {
    let mut all = Vec::new();
    let before = cx.count();
    for (index, text) in ips.iter().enumerate() {
        if index == 0 && *text == "None" {
            if ips.len() > 1 {
                cx.invalid(spec.at("clusterIPs"), "'None' must be the first and only value");
            }
            continue;
        }
        at_ip(cx, spec, index, |cx, at| all.extend(addresses::legacy_ip(cx, at, text)));
    }
    let is_broken = cx.count() > before;
    if ips.len() > 2 {
        cx.invalid(spec.at("clusterIPs"), "may only hold up to 2 values");
    }
    if is_broken {
        return;
    }
    let v4 = all.iter().filter(|ip| ip.is_v4()).count();
    if ips.len() > 1 && (v4 == 0 || v4 == all.len()) {
        cx.invalid(spec.at("clusterIPs"), "may specify no more than one IP for each IP family");
    }
    if is_headless(ips) {
        return;
    }
    for (index, (ip, family)) in all.iter().zip(spec.texts("ipFamilies")).enumerate() {
        if (family == "IPv4" && !ip.is_v4()) || (family == "IPv6" && ip.is_v4()) {
            let why = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            at_ip(cx, spec, index, |cx, at| cx.invalid(at, why));
        }
    }
}

/// What must stay of the addresses while a Service has some. Those that no manifest gives are allocated by the cluster, so
/// that whatever is given later is another one.
pub(super) fn ip_fields_update<'a>(cx: &mut Cx<'a>, spec: Value<'a>, before: Value<'_>) {
    if service_type(spec) == "ExternalName" || service_type(before) == "ExternalName" {
        return;
    }
    let (new, old) = (cluster_ips(spec), cluster_ips(before));
    let policy = spec.text("ipFamilyPolicy");
    // What is left out is taken from the Service as it is.
    if !(new.is_empty() || (is_headless(&new) && is_headless(&old))) {
        let shown = serde_json::to_string(&new).unwrap_or_default();
        let old_len = if old.is_empty() { before.count("ipFamilies").max(1) } else { old.len() };
        let compared = if old_len == new.len() { new.len() } else { 1 };
        for index in 0..compared {
            if old.get(index) != new.get(index) {
                at_ip(cx, spec, index, |cx, at| {
                    cx.push(
                        crate::schema::problem::Cause::Immutable,
                        at,
                        format!("Invalid value: {shown}: may not change once set"),
                    );
                });
            }
        }
        if old_len > 1 && new.len() == 1 && policy != "SingleStack" {
            cx.changed(
                spec.at("ipFamilyPolicy"),
                "must be set to 'SingleStack' when releasing the secondary clusterIP",
            );
        }
    }
    let new_headless = if new.is_empty() { is_headless(&old) } else { is_headless(&new) };
    if new_headless || is_headless(&old) {
        return;
    }
    let (families, old_families) = (spec.count("ipFamilies"), before.count("ipFamilies"));
    if families == 0 || old_families == 0 {
        return;
    }
    let compared = if families == old_families { families } else { 1 };
    let differs = spec.texts("ipFamilies").zip(before.texts("ipFamilies")).take(compared).any(|(new, old)| new != old);
    if let Some(list) = spec.get("ipFamilies").filter(|_| differs) {
        cx.changed(list.at_index(0), "may not change once set");
    }
    if families == 1 && old_families > 1 && policy != "SingleStack" {
        cx.changed(spec.at("ipFamilyPolicy"), "must be set to 'SingleStack' when releasing the secondary ipFamily");
    }
}
