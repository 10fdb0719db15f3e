//! CSI drivers: what they can do, where they run, how much they have left.

use std::collections::{HashMap, HashSet};

use super::super::{Cx, Read, core, selector};
use crate::schema::problem::Raised;
use crate::schema::stored::Places;
use crate::schema::text::{name, quantity};
use crate::yaml::Value;

const TOKENS: &str = "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent \
                      possible logging of tokens in volume attributes";

/// `ValidateCSIDriver`
pub(super) fn csi_driver<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    let policy = spec.text_if("fsGroupPolicy");
    if policy.is_some_and(|policy| !matches!(policy, "File" | "None" | "ReadWriteOnceWithFSType")) {
        cx.not_supported(spec.at("fsGroupPolicy"), &["File", "None", "ReadWriteOnceWithFSType"]);
    }
    token_requests(cx, spec);
    if let Some(list) = spec.get("volumeLifecycleModes") {
        for (index, mode) in list.items().map(|item| item.as_str().unwrap_or_default()).enumerate() {
            if !matches!(mode, "Persistent" | "Ephemeral") {
                cx.not_supported(list.at_index(index), &["Persistent", "Ephemeral"]);
                cx.called("spec.volumeLifecycleModes");
            }
        }
    }
    if spec.int("nodeAllocatableUpdatePeriodSeconds").is_some_and(|seconds| seconds < 10) {
        cx.since(35, |cx| {
            cx.invalid(spec.at("nodeAllocatableUpdatePeriodSeconds"), "must be greater than or equal to 10 seconds");
        });
    }
    let has_requests = spec.count("tokenRequests") > 0;
    if spec.has("serviceAccountTokenInSecrets") && !has_requests {
        cx.since(35, |cx| {
            let why = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
            cx.invalid(spec.at("serviceAccountTokenInSecrets"), why);
        });
    }
    if has_requests && !spec.has("serviceAccountTokenInSecrets") {
        cx.since(35, |cx| {
            cx.warn(spec.at("tokenRequests"), TOKENS);
            cx.called("");
        });
    }
}

/// `validateTokenRequests`
fn token_requests<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let mut audiences = HashSet::new();
    for request in spec.list("tokenRequests") {
        if !audiences.insert(request.text("audience")) {
            cx.duplicate(request.at("audience"));
            continue;
        }
        match request.int("expirationSeconds") {
            Some(seconds) if seconds < 600 => {
                cx.invalid(request.at("expirationSeconds"), "may not specify a duration less than 10 minutes");
            }
            Some(seconds) if seconds > 1 << 32 => {
                cx.invalid(request.at("expirationSeconds"), "may not specify a duration larger than 2^32 seconds");
            }
            _ => {}
        }
    }
}

/// `ValidateCSIDriverUpdate`
pub(super) fn csi_driver_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(spec), Some(before)) = (new.get("spec"), old.get("spec")) else { return };
    if spec.flag("attachRequired") != before.flag("attachRequired") {
        cx.immutable(spec.at("attachRequired"));
        cx.called("spec.attachedRequired");
    }
    let is_default = |spec: Value<'_>| {
        let mut modes = spec.texts("volumeLifecycleModes");
        matches!((modes.next(), modes.next()), (None | Some("Persistent"), None))
    };
    let is_same = core::same(spec.get("volumeLifecycleModes"), before.get("volumeLifecycleModes"));
    let is_same = is_same || (is_default(spec) && is_default(before));
    if !is_same {
        cx.immutable(spec.at("volumeLifecycleModes"));
    }
}

/// `ValidateCSINode`
pub(super) fn csi_node<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let mut names = HashSet::new();
    for driver in object.get("spec").into_iter().flat_map(|spec| spec.list("drivers")) {
        core::csi_driver_name(cx, driver.at("name"));
        let node = driver.text("nodeID");
        if node.is_empty() {
            cx.required(driver.at("nodeID"), "");
        }
        if node.len() > 256 {
            cx.invalid(driver.at("nodeID"), "must be 256 characters or less");
        }
        if let Some(allocatable) = driver.get("allocatable").filter(|all| all.int("count").is_some_and(|n| n < 0)) {
            cx.invalid(allocatable.at("count"), "must be greater than or equal to 0");
        }
        if !names.insert(driver.text("name")) {
            cx.duplicate(driver.at("name"));
        }
        topology_keys(cx, driver);
    }
}

fn topology_keys<'a>(cx: &mut Cx<'a>, driver: Value<'a>) {
    let Some(list) = driver.get("topologyKeys") else { return };
    let mut seen = HashSet::new();
    for (index, key) in list.items().map(|item| item.as_str().unwrap_or_default()).enumerate() {
        let at = list.at_index(index);
        if key.is_empty() {
            cx.required(at, "");
            cx.called_at(driver.here(), "");
        }
        if !seen.insert(key) {
            cx.duplicate(at);
            cx.called_at(driver.here(), "");
        }
        for why in name::qualified(key) {
            cx.invalid(at, why);
            cx.called_at(driver.here(), "");
        }
    }
}

/// `ValidateCSINodeUpdate`: a driver that stays is the same, apart from how many volumes it takes.
pub(super) fn csi_node_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let drivers = |object: Value<'_>| -> bool { object.get("spec").is_some_and(|spec| spec.count("drivers") > 0) };
    if !drivers(new) || !drivers(old) {
        return;
    }
    let before: HashMap<&str, Value<'_>> = old
        .get("spec")
        .into_iter()
        .flat_map(|spec| spec.list("drivers"))
        .map(|driver| (driver.text("name"), driver))
        .collect();
    for driver in new.get("spec").into_iter().flat_map(|spec| spec.list("drivers")) {
        let Some(old) = before.get(driver.text("name")) else { continue };
        let differs = |field: &str| !core::same(driver.get(field), old.get(field));
        if ["nodeID", "topologyKeys"].into_iter().any(differs) {
            cx.immutable(driver.here());
            cx.called("spec.drivers");
        } else if differs("allocatable") {
            cx.before(35, |cx| {
                cx.immutable(driver.here());
                cx.called("spec.drivers");
            });
        }
    }
}

/// `ValidateCSIStorageCapacity`
pub(super) fn csi_storage_capacity<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    selector::label_selector(cx, object, "nodeTopology");
    let class = object.text("storageClassName");
    cx.invalid_shown_each(object.at("storageClassName"), format_args!("{class:?}"), name::dns_subdomain(class));
    let capacity = object.get("capacity").and_then(|capacity| quantity::parse_value(capacity).ok());
    if capacity.is_some_and(quantity::Quantity::is_negative) {
        cx.invalid(object.at("capacity"), "must be greater than or equal to 0");
    }
}

/// `ValidateCSIStorageCapacityUpdate`
pub(super) fn csi_storage_capacity_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    for field in ["nodeTopology", "storageClassName"] {
        if !core::same(new.get(field), old.get(field)) {
            cx.immutable(new.at(field));
        } else if field == "nodeTopology" && new.has(field) != old.has(field) {
            // A selector of everything is not the same as none. Server-side apply leaves the old one.
            let raised = if new.has(field) { Raised::Always } else { Raised::ByPost };
            cx.raised(raised, |cx| cx.immutable(new.at(field)));
        }
    }
}
