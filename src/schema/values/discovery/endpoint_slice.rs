//! Slices of the endpoints of a Service.

use std::collections::HashSet;

use super::super::{Cx, Read, addresses};
use crate::schema::stored::Places;
use crate::schema::text::ip;
use crate::schema::text::name;
use crate::yaml::Value;

const ADDRESS_TYPES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const ADDRESSES: usize = 100;
const ENDPOINTS: usize = 1000;
const HINTS: usize = 8;
const PORTS: usize = 20_000;

/// The controllers of Kubernetes itself, which are trusted to write addresses in their canonical form.
const CONTROLLERS: [&str; 2] = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

pub(super) fn endpoint_slice<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    cx.one_of(object.at("addressType"), &ADDRESS_TYPES);
    ports(cx, object);
    cx.on_create(|cx| {
        endpoints(cx, object);
        if object.text("addressType") == "FQDN" {
            cx.warn(object.at("addressType"), "FQDN endpoints are deprecated");
            cx.called("spec.addressType");
        }
    });
}

pub(super) fn endpoint_slice_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if new.text("addressType") != old.text("addressType") {
        cx.immutable(new.at("addressType"));
    }
    let is_same = match (new.get("endpoints"), old.get("endpoints")) {
        (Some(now), Some(before)) => now.same(before),
        _ => false,
    };
    if is_same {
        cx.before(33, |cx| endpoints(cx, new));
    } else {
        endpoints(cx, new);
    }
}

fn ports<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let count = object.count("ports");
    if count > PORTS {
        return cx.too_many(object.at("ports"), count, PORTS);
    }
    let mut names = HashSet::new();
    for port in object.list("ports") {
        let name = port.text("name");
        if !name.is_empty() {
            cx.invalid_each(port.at("name"), name::dns_label(name));
        }
        if !names.insert(name) {
            cx.duplicate(port.at("name"));
        }
        if !PROTOCOLS.contains(&port.text("protocol")) {
            cx.not_supported(port.at("protocol"), &PROTOCOLS);
        }
        if let Some(protocol) = port.text_if("appProtocol") {
            cx.invalid_each(port.at("appProtocol"), name::qualified(protocol));
        }
    }
}

fn endpoints<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let count = object.count("endpoints");
    if count > ENDPOINTS {
        return cx.too_many(object.at("endpoints"), count, ENDPOINTS);
    }
    let address_type = object.text("addressType");
    let manager =
        object.path(&["metadata", "labels", "endpointslice.kubernetes.io/managed-by"]).and_then(Value::as_str);
    let warns = !manager.is_some_and(|manager| CONTROLLERS.contains(&manager));
    for endpoint in object.list("endpoints") {
        let count = endpoint.count("addresses");
        if endpoint.lacks("addresses") {
            let at = endpoint.at("addresses");
            cx.before(37, |cx| cx.required(at, "must contain at least 1 address"));
            cx.since(37, |cx| cx.required(at, ""));
        } else if count > ADDRESSES {
            cx.too_many(endpoint.at("addresses"), count, ADDRESSES);
        }
        for item in endpoint.list("addresses") {
            address(cx, endpoint, item, address_type);
            if warns {
                addresses::ip_warnings(cx, item.here(), item.as_str().unwrap_or_default(), true);
            }
        }
        if let Some(node) = endpoint.text_if("nodeName") {
            cx.invalid_each(endpoint.at("nodeName"), name::dns_subdomain(node));
        }
        if let Some(hostname) = endpoint.text_if("hostname") {
            cx.invalid_each(endpoint.at("hostname"), name::dns_label(hostname));
        }
        if let Some(hints) = endpoint.get("hints") {
            self::hints(cx, hints);
        }
    }
}

fn address<'a>(cx: &mut Cx<'a>, endpoint: Value<'a>, item: Value<'a>, address_type: &str) {
    let text = item.as_str().unwrap_or_default();
    match address_type {
        "IPv4" | "IPv6" => {
            cx.before(33, |cx| any_form(cx, item, text, address_type));
            cx.since(33, |cx| of_family(cx, endpoint, item, address_type));
        }
        "FQDN" => fully_qualified(cx, item, text),
        _ => {}
    }
}

/// An address as servers before 1.33 took it, which is in any form that can be read.
fn any_form<'a>(cx: &mut Cx<'a>, item: Value<'a>, text: &str, address_type: &str) {
    let ip = ip::parse(text);
    if ip.is_none_or(|ip| ip.is_v4() != (address_type == "IPv4")) {
        cx.invalid(item.here(), format_args!("must be a valid {address_type} address"));
    }
    if let Some(why) = ip.and_then(|ip| ip.not_an_endpoint(text)) {
        cx.invalid(item.here(), why);
    }
}

fn of_family<'a>(cx: &mut Cx<'a>, endpoint: Value<'a>, item: Value<'a>, address_type: &str) {
    let text = item.as_str().unwrap_or_default();
    let before = cx.count();
    let is_v4 = address_type == "IPv4";
    let ip = if is_v4 { addresses::legacy_ip(cx, item.here(), text) } else { addresses::ip(cx, item.here(), text) };
    let Some(ip) = ip.filter(|_| cx.count() == before) else { return };
    if ip.is_v4() != is_v4 {
        let why = format_args!("must be an {address_type} address");
        cx.invalid_shown(endpoint.at("addresses"), format_args!("{text:?}"), why);
    }
    if let Some(why) = ip.not_an_endpoint(text) {
        cx.invalid(item.here(), why);
    }
}

/// `IsFullyQualifiedDomainName`
fn fully_qualified<'a>(cx: &mut Cx<'a>, item: Value<'a>, text: &str) {
    if text.is_empty() {
        return cx.required(item.here(), "");
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let mut refuse =
        |shown: &str, whys: Vec<String>| cx.invalid_shown(item.here(), format_args!("{shown:?}"), whys.join(","));
    let whys = name::dns_subdomain(name);
    if !whys.is_empty() {
        return refuse(name, whys);
    }
    if !name.contains('.') {
        return refuse(name, vec!["should be a domain with at least two segments separated by dots".to_owned()]);
    }
    if let Some(label) = name.split('.').find(|label| !name::dns_label(label).is_empty()) {
        refuse(label, name::dns_label(label));
    }
}

/// What is wrong with a text.
type Check = fn(&str) -> Vec<String>;

fn hints<'a>(cx: &mut Cx<'a>, hints: Value<'a>) {
    for (list, check) in [("forZones", name::label_value as Check), ("forNodes", name::dns_subdomain)] {
        let count = hints.count(list);
        if count > HINTS {
            return cx.too_many(hints.at(list), count, HINTS);
        }
        let mut seen = HashSet::new();
        for hint in hints.list(list) {
            let name = hint.text("name");
            if !seen.insert(name) {
                cx.duplicate_shown(hint.at("name"), format_args!("{name:?}"));
            }
            cx.invalid_shown_each(hint.at("name"), format_args!("{name:?}"), check(name));
        }
    }
}
