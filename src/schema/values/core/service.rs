//! Services: a union by `type` whose fields depend on each other.

use std::collections::HashSet;

use super::super::{Cx, Read, addresses, metadata};
use super::service_ips::{at_ip, cluster_ips, ip_fields, ip_fields_update, is_headless};
use super::service_type::{
    are_ips_cleared, are_node_ports_cleared, is_cleared, is_externally_accessible, is_load_balancer,
    needs_health_check, needs_ips, service_type,
};
use super::service_warnings::warnings;
use super::{or, port_number_or_name};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
pub(super) const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
pub(super) const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
/// The longest that a client sticks to one Pod: a day.
const STICKY_SECONDS: i64 = 86_400;
/// The port of the kubelet.
const KUBELET: i64 = 10_250;

/// `ValidateServiceCreate`
pub(super) fn service<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    topology_annotations(cx, object);
    let Some(spec) = object.get("spec") else {
        cx.required(object.at("spec.ports"), "");
        return;
    };
    let kind = service_type(spec);
    let ips = cluster_ips(spec);
    // What an update leaves out is taken from the Service as it is.
    let kept = cx.old.and_then(|old| old.get("spec")).filter(|before| ips.is_empty() && needs_ips(*before));
    let headless = is_headless(&kept.map_or_else(|| ips.clone(), cluster_ips)) && kind != "ExternalName";
    if spec.count("ports") == 0 && !headless && kind != "ExternalName" {
        cx.required(spec.at("ports"), "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            at_ip(cx, spec, 0, |cx, at| cx.invalid(at, format_args!("may not be set to 'None' for {kind} services")));
        }
        "ExternalName" => external_name(cx, spec, !ips.is_empty()),
        _ => {}
    }
    ports(cx, spec, kind);
    metadata::labels(cx, spec, "selector");
    session_affinity(cx, spec);
    if kind != "ExternalName" {
        ip_fields(cx, spec, &ips);
    }
    if let Some(list) = spec.get("externalIPs") {
        for (index, text) in list.items().map(|value| value.as_str().unwrap_or_default()).enumerate() {
            let before = cx.count();
            let address = addresses::legacy_ip(cx, list.at_index(index), text);
            if let Some(why) = address.and_then(|ip| ip.not_an_endpoint(text))
                && cx.count() == before
            {
                cx.invalid(list.at_index(index), why);
            }
        }
    }
    source_ranges(cx, object, spec, kind);
    let is_misplaced = kind != "LoadBalancer" && spec.has("allocateLoadBalancerNodePorts");
    if is_misplaced && !is_cleared(cx, spec, "allocateLoadBalancerNodePorts", is_load_balancer) {
        cx.forbidden(spec.at("allocateLoadBalancerNodePorts"), "may only be used when `type` is 'LoadBalancer'");
    }
    load_balancer_class(cx, spec, kind);
    traffic_policies(cx, spec);
    warnings(cx, object, spec, &ips);
}

fn topology_annotations<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(annotations) = object.path(&["metadata", "annotations"]) else { return };
    if let (Some(mode), Some(hints)) = (annotations.text_if(TOPOLOGY_MODE), annotations.text_if(TOPOLOGY_HINTS))
        && mode != hints
    {
        cx.invalid(
            annotations.at_key(TOPOLOGY_MODE),
            format_args!("must match annotations[{TOPOLOGY_HINTS}] when both are specified"),
        );
    }
}

fn external_name<'a>(cx: &mut Cx<'a>, spec: Value<'a>, has_ips: bool) {
    const WHY: &str = "may not be set for ExternalName services";
    if has_ips && !are_ips_cleared(cx, spec) {
        let field = if spec.has("clusterIPs") { "clusterIPs" } else { "clusterIP" };
        cx.forbidden(spec.at(field), WHY);
        cx.called("spec.clusterIPs");
    }
    if spec.count("ipFamilies") > 0 && !is_cleared(cx, spec, "ipFamilies", needs_ips) {
        cx.forbidden(spec.at("ipFamilies"), WHY);
    }
    if spec.has("ipFamilyPolicy") && !is_cleared(cx, spec, "ipFamilyPolicy", needs_ips) {
        cx.forbidden(spec.at("ipFamilyPolicy"), WHY);
    }
    let text = spec.text("externalName");
    // A dot at the end says that the name is complete.
    match text.strip_suffix('.').unwrap_or(text) {
        "" => cx.required(spec.at("externalName"), ""),
        host => {
            cx.invalid_each(spec.at("externalName"), name::dns_subdomain(host));
        }
    }
}

fn ports<'a>(cx: &mut Cx<'a>, spec: Value<'a>, kind: &str) {
    let several = spec.count("ports") > 1;
    let are_cleared = kind == "ClusterIP" && are_node_ports_cleared(cx, spec);
    let (mut names, mut numbers, mut node_ports) = (HashSet::new(), HashSet::new(), HashSet::new());
    for port in spec.list("ports") {
        port_of(cx, port, several, &mut names);
        let protocol = or(port.text("protocol"), "TCP");
        let node_port = port.int("nodePort").unwrap_or_default();
        if node_port != 0 {
            if kind == "ClusterIP" && !are_cleared {
                cx.forbidden(port.at("nodePort"), "may not be used when `type` is 'ClusterIP'");
            }
            if !node_ports.insert((protocol, node_port)) {
                cx.duplicate(port.at("nodePort"));
            }
        }
        let number = port.int("port").unwrap_or_default();
        if kind == "LoadBalancer" && number == KUBELET {
            let why = format_args!("may not expose port {KUBELET} externally since it is used by kubelet");
            cx.before(33, |cx| cx.invalid_shown(port.here(), number, why));
        }
        let is_known = port.get("port").is_none_or(|value| !cx.is_opaque(value));
        if is_known && !numbers.insert((protocol, number)) {
            cx.duplicate_shown(
                port.here(),
                format_args!(
                    "{{\"Name\":\"\",\"Protocol\":{protocol:?},\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\
                     \"NodePort\":0}}"
                ),
            );
        }
    }
}

/// `validateServicePort`
fn port_of<'a>(cx: &mut Cx<'a>, port: Value<'a>, needs_name: bool, names: &mut HashSet<&'a str>) {
    match port.text("name") {
        "" if needs_name => cx.required(port.at("name"), ""),
        "" => {}
        text => {
            cx.invalid_each(port.at("name"), name::dns_label(text));
            if !names.insert(text) {
                cx.duplicate(port.at("name"));
            }
        }
    }
    let number = port.int("port").unwrap_or_default();
    let is_known = port.get("port").is_none_or(|value| !cx.is_opaque(value));
    let wrong_number = name::port_number(number).filter(|_| is_known);
    if let Some(why) = wrong_number {
        cx.invalid_shown(port.at("port"), number, why);
    }
    // Without a target, or with an empty one, it is the port's own number.
    let target = port.get("targetPort");
    if target.is_none_or(|target| target.as_int() == Some(0) || target.as_str() == Some("")) {
        if let Some(why) = wrong_number {
            cx.invalid_shown(port.at("targetPort"), number, why);
        }
    } else {
        port_number_or_name(cx, port, "targetPort");
    }
    if let Some(protocol) = port.text_if("appProtocol") {
        cx.invalid_each(port.at("appProtocol"), name::qualified(protocol));
    }
}

fn session_affinity<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if spec.text("sessionAffinity") != "ClientIP" {
        return;
    }
    let client = spec.get("sessionAffinityConfig").and_then(|config| config.get("clientIP"));
    if let Some((client, seconds)) = client.and_then(|client| Some((client, client.int("timeoutSeconds")?)))
        && !(1..=STICKY_SECONDS).contains(&seconds)
    {
        cx.invalid(client.at("timeoutSeconds"), format_args!("must be greater than 0 and less than {STICKY_SECONDS}"));
    }
}

fn source_ranges<'a>(cx: &mut Cx<'a>, object: Value<'a>, spec: Value<'a>, kind: &str) {
    const WHY: &str = "may only be used when `type` is 'LoadBalancer'";
    if let Some(list) = spec.get("loadBalancerSourceRanges").filter(|list| list.items().len() > 0) {
        if kind != "LoadBalancer" {
            cx.forbidden(spec.at("loadBalancerSourceRanges"), WHY);
            cx.called("spec.LoadBalancerSourceRanges");
        }
        for (index, value) in list.items().enumerate() {
            let before = cx.count();
            addresses::legacy_cidr(cx, list.at_index(index), value.as_str().unwrap_or_default().trim());
            if cx.count() > before {
                cx.called(&format!("spec.LoadBalancerSourceRanges[{index}]"));
            }
        }
        return;
    }
    let annotations = object.path(&["metadata", "annotations"]);
    let Some((annotations, text)) = annotations.and_then(|all| Some((all, all.text_if(SOURCE_RANGES)?))) else {
        return;
    };
    if kind != "LoadBalancer" {
        cx.forbidden(annotations.at_key(SOURCE_RANGES), WHY);
    }
    if !text.trim().is_empty() {
        // Each problem quotes the whole annotation: one is enough.
        let before = cx.count();
        for range in text.split(',') {
            addresses::legacy_cidr(cx, annotations.at_key(SOURCE_RANGES), range.trim());
            if cx.count() > before {
                break;
            }
        }
    }
}

fn load_balancer_class<'a>(cx: &mut Cx<'a>, spec: Value<'a>, kind: &str) {
    let Some(class) = spec.get("loadBalancerClass") else { return };
    if kind != "LoadBalancer" {
        if is_cleared(cx, spec, "loadBalancerClass", is_load_balancer) {
            return;
        }
        cx.forbidden(spec.at("loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'");
        return;
    }
    cx.invalid_each(spec.at("loadBalancerClass"), name::qualified(class.as_str().unwrap_or_default()));
}

fn traffic_policies<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    const POLICIES: [&str; 2] = ["Cluster", "Local"];
    match spec.text("externalTrafficPolicy") {
        "" => {}
        _ if is_cleared(cx, spec, "externalTrafficPolicy", is_externally_accessible) => {}
        _ if !is_externally_accessible(spec) => {
            cx.invalid(spec.at("externalTrafficPolicy"), "may only be set for externally-accessible services");
        }
        _ => cx.one_of(spec.at("externalTrafficPolicy"), &POLICIES),
    }
    let number = spec.int("healthCheckNodePort").unwrap_or_default();
    if number != 0 && !is_cleared(cx, spec, "healthCheckNodePort", needs_health_check) {
        if !needs_health_check(spec) {
            cx.invalid(
                spec.at("healthCheckNodePort"),
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
            );
        } else if let Some(why) = name::port_number(number) {
            cx.invalid(spec.at("healthCheckNodePort"), why);
        }
    }
    if spec.text_if("internalTrafficPolicy").is_some_and(|policy| !POLICIES.contains(&policy)) {
        cx.not_supported(spec.at("internalTrafficPolicy"), &POLICIES);
    }
    let Some(distribution) = spec.text_if("trafficDistribution") else { return };
    if distribution != "PreferClose" {
        let at = spec.at("trafficDistribution");
        cx.before(34, |cx| cx.not_supported(at, &["PreferClose"]));
        if !matches!(distribution, "PreferSameZone" | "PreferSameNode") {
            cx.since(34, |cx| cx.not_supported(at, &["PreferClose", "PreferSameZone", "PreferSameNode"]));
        }
    }
}

/// `ValidateServiceUpdate`
pub(super) fn service_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(spec), Some(before)) = (new.get("spec"), old.get("spec")) else { return };
    ip_fields_update(cx, spec, before);
    let was_and_is = |is: &dyn Fn(Value<'_>) -> bool| is(spec) && is(before);
    if was_and_is(&is_load_balancer) && spec.text_if("loadBalancerClass") != before.text_if("loadBalancerClass") {
        cx.changed(spec.at("loadBalancerClass"), "may not change once set");
    }
    // A port that no manifest gives is allocated: whatever is given then is another one.
    let number = spec.int("healthCheckNodePort").filter(|number| *number != 0);
    if was_and_is(&needs_health_check) && number.is_some() && number != before.int("healthCheckNodePort") {
        cx.forbidden_change(spec.at("healthCheckNodePort"), "field is immutable");
    }
}
