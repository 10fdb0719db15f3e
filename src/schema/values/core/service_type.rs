//! What the type of a Service brings with it: which fields there are, what is filled in, what an update clears.

use std::collections::HashSet;

use super::super::{Cx, Read};
use super::service_ips::cluster_ips;
use super::{or, same};
use crate::schema::stored::Stored;
use crate::yaml::Value;

const DEFAULT_STICKY_SECONDS: i64 = 10_800;

/// `spec.type`, with its default.
pub(super) fn service_type(spec: Value<'_>) -> &str {
    or(spec.text("type"), "ClusterIP")
}

/// `ExternallyAccessible`
pub(super) fn is_externally_accessible(spec: Value<'_>) -> bool {
    match service_type(spec) {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => spec.count("externalIPs") > 0,
        _ => false,
    }
}

/// `NeedsHealthCheck`
pub(super) fn needs_health_check(spec: Value<'_>) -> bool {
    service_type(spec) == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
}

pub(super) fn needs_ips(spec: Value<'_>) -> bool {
    service_type(spec) != "ExternalName"
}

pub(super) fn needs_node_ports(spec: Value<'_>) -> bool {
    matches!(service_type(spec), "NodePort" | "LoadBalancer")
}

pub(super) fn is_load_balancer(spec: Value<'_>) -> bool {
    service_type(spec) == "LoadBalancer"
}

/// What an update says of a Service that it changes to a type without something.
fn before<'a>(cx: &Cx<'a>, spec: Value<'a>, needs: fn(Value<'_>) -> bool) -> Option<Value<'a>> {
    cx.old.and_then(|old| old.get("spec")).filter(|before| needs(*before) && !needs(spec))
}

/// An update changes the type to one without a field and leaves that as it was: the server clears it. What was not there is
/// what the cluster filled in.
pub(super) fn is_cleared<'a>(cx: &Cx<'a>, spec: Value<'a>, field: &str, needs: fn(Value<'_>) -> bool) -> bool {
    let is_filled_in = matches!(field, "ipFamilies" | "ipFamilyPolicy");
    before(cx, spec, needs)
        .is_some_and(|before| same(spec.get(field), before.get(field)) || (is_filled_in && !before.has(field)))
}

/// The same of the IPs.
pub(super) fn are_ips_cleared<'a>(cx: &Cx<'a>, spec: Value<'a>) -> bool {
    before(cx, spec, needs_ips).is_some_and(|before| cluster_ips(before) == cluster_ips(spec))
}

/// The same of the ports on the nodes.
pub(super) fn are_node_ports_cleared<'a>(cx: &Cx<'a>, spec: Value<'a>) -> bool {
    fn node_ports(spec: Value<'_>) -> HashSet<i64> {
        spec.list("ports").filter_map(|port| port.int("nodePort")).collect()
    }
    before(cx, spec, needs_node_ports).is_some_and(|before| node_ports(spec).is_subset(&node_ports(before)))
}

/// `SetDefaults_Service`
pub(super) fn service_defaults(stored: &mut Stored) {
    let Some(spec) = stored.root().get("spec") else { return };
    let id = spec.id();
    let mut fields: Vec<(&str, serde_json::Value)> = Vec::new();
    let kind = service_type(spec);
    if !spec.has("internalTrafficPolicy") && matches!(kind, "NodePort" | "LoadBalancer" | "ClusterIP") {
        fields.push(("internalTrafficPolicy", "Cluster".into()));
    }
    if !spec.has("externalTrafficPolicy") && is_externally_accessible(spec) {
        fields.push(("externalTrafficPolicy", "Cluster".into()));
    }
    if !spec.has("allocateLoadBalancerNodePorts") && kind == "LoadBalancer" {
        fields.push(("allocateLoadBalancerNodePorts", true.into()));
    }
    if !spec.has("sessionAffinityConfig") && spec.text("sessionAffinity") == "ClientIP" {
        fields.push((
            "sessionAffinityConfig",
            serde_json::json!({"clientIP": {"timeoutSeconds": DEFAULT_STICKY_SECONDS}}),
        ));
    }
    let targets: Vec<_> = spec
        .list("ports")
        .filter(|port| !port.has("targetPort"))
        .filter_map(|port| Some((port.id(), port.int("port")?)))
        .collect();
    for (field, value) in fields {
        stored.add(id, field, &value);
    }
    for (port, number) in targets {
        stored.add(port, "targetPort", &number.into());
    }
}
