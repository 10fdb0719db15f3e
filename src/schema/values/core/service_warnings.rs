//! What the server takes from a Service with a warning.

use super::super::{Cx, Read, addresses};
use super::or;
use super::service::{TOPOLOGY_HINTS, TOPOLOGY_MODE};
use super::service_ips::{at_ip, is_headless};
use super::service_type::service_type;
use crate::schema::stored::{At, Places};
use crate::yaml::Value;

/// `GetWarningsForService`
pub(super) fn warnings<'a>(cx: &mut Cx<'a>, object: Value<'a>, spec: Value<'a>, ips: &[&str]) {
    let say = |cx: &mut Cx<'a>, field: &'static str, text: String| {
        cx.warn(spec.at(field), text);
        cx.called("");
    };
    if let Some(annotations) = object.path(&["metadata", "annotations"]).filter(|all| all.has(TOPOLOGY_HINTS)) {
        cx.warn(
            annotations.at_key(TOPOLOGY_HINTS),
            format_args!("annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead"),
        );
        cx.called("");
    }
    let kind = service_type(spec);
    let headless = kind == "ClusterIP" && is_headless(ips);
    if !headless {
        for (index, ip) in ips.iter().enumerate() {
            at_ip(cx, spec, index, |cx, at| ip_warnings(cx, at, ip, true));
        }
    }
    if headless {
        cx.since(34, |cx| {
            if !spec.text("loadBalancerIP").is_empty() {
                say(cx, "loadBalancerIP", "spec.loadBalancerIP is ignored for headless services".to_owned());
            }
            if spec.count("externalIPs") > 0 {
                say(cx, "externalIPs", "spec.externalIPs is ignored for headless services".to_owned());
            }
            if or(spec.text("sessionAffinity"), "None") != "None" {
                say(cx, "sessionAffinity", "spec.SessionAffinity is ignored for headless services".to_owned());
            }
        });
    }
    if let Some(list) = spec.get("externalIPs").filter(|list| list.items().len() > 0) {
        for (index, text) in list.items().filter_map(Value::as_str).enumerate() {
            ip_warnings(cx, list.at_index(index), text, true);
        }
        if kind == "ExternalName" {
            say(cx, "externalIPs", "spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
        } else if !headless {
            cx.since(36, |cx| {
                let text = "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
                say(cx, "externalIPs", text.to_owned());
            });
        }
    }
    ip_warnings(cx, spec.at("loadBalancerIP"), spec.text("loadBalancerIP"), false);
    if let Some(list) = spec.get("loadBalancerSourceRanges") {
        for (index, text) in list.items().filter_map(Value::as_str).enumerate() {
            addresses::cidr_warnings(cx, list.at_index(index), text);
            addresses::service_cidr_warnings(cx, list.at_index(index), text);
        }
    }
    if kind != "ExternalName" && !spec.text("externalName").is_empty() {
        say(cx, "externalName", "spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if spec.text("trafficDistribution") == "PreferClose" {
        cx.since(35, |cx| {
            cx.warn(spec.at("trafficDistribution"), "\"PreferClose\" is deprecated; use \"PreferSameZone\"");
        });
    }
}

fn ip_warnings(cx: &mut Cx<'_>, at: At<'_>, text: &str, refuses: bool) {
    addresses::ip_warnings(cx, at, text, refuses);
    addresses::service_ip_warnings(cx, at, text);
}
