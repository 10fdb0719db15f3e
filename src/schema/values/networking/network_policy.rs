//! Network policies.

use serde_json::json;

use super::super::{Cx, Read, addresses, selector};
use crate::schema::stored::{Places, Stored};
use crate::schema::text::ip::Cidr;
use crate::schema::text::name;
use crate::yaml::Value;

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
const TYPES: [&str; 2] = ["Ingress", "Egress"];

/// A policy that does not tell its types has the type Ingress, and Egress if it has rules for it.
pub(super) fn defaults(stored: &mut Stored) {
    let Some(spec) = stored.root().get("spec") else { return };
    if spec.has("policyTypes") {
        return;
    }
    let types = if spec.lacks("egress") { json!(["Ingress"]) } else { json!(TYPES) };
    stored.add(spec.id(), "policyTypes", &types);
}

pub(super) fn network_policy<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    selector::label_selector(cx, spec, "podSelector");
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.list(rules) {
            for item in rule.list("ports") {
                port(cx, item);
            }
            for item in rule.list(peers) {
                peer(cx, item);
            }
        }
    }
    if spec.count("policyTypes") > TYPES.len() {
        return cx.invalid(spec.at("policyTypes"), "may not specify more than two policyTypes");
    }
    for item in spec.list("policyTypes") {
        if !TYPES.contains(&item.as_str().unwrap_or_default()) {
            cx.not_supported(item.here(), &TYPES);
        }
    }
}

fn port<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if !PROTOCOLS.contains(&object.text("protocol")) {
        cx.not_supported(object.at("protocol"), &PROTOCOLS);
    }
    let end = object.int("endPort");
    let at_end = object.at("endPort");
    let Some(port) = object.get("port") else {
        if object.has("endPort") {
            cx.invalid(at_end, "may not be specified when `port` is not specified");
        }
        return;
    };
    if let Some(number) = port.as_int() {
        if let Some(why) = name::port_number(number) {
            cx.invalid(port.here(), why);
        }
        if end.is_some_and(|end| end < number) {
            let why = "must be greater than or equal to `port`";
            cx.before(37, |cx| cx.invalid_shown(at_end, number, why));
            cx.since(37, |cx| cx.invalid(at_end, why));
        }
        if let Some(why) = end.and_then(name::port_number) {
            cx.invalid(at_end, why);
        }
    } else if let Some(text) = port.as_str() {
        if end.is_some() {
            cx.invalid(at_end, "may not be specified when `port` is non-numeric");
        }
        cx.invalid_each(port.here(), name::port_name(text));
    }
}

fn peer<'a>(cx: &mut Cx<'a>, peer: Value<'a>) {
    selector::label_selector(cx, peer, "podSelector");
    selector::label_selector(cx, peer, "namespaceSelector");
    let selects = peer.has("podSelector") || peer.has("namespaceSelector");
    match peer.get("ipBlock") {
        Some(block) => {
            ip_block(cx, block);
            if selects {
                cx.forbidden(peer.here(), "may not specify both ipBlock and another peer");
            }
        }
        None if selects => {}
        None => cx.required(peer.here(), "must specify a peer"),
    }
}

fn ip_block<'a>(cx: &mut Cx<'a>, block: Value<'a>) {
    if block.lacks("cidr") {
        return cx.required(block.at("cidr"), "");
    }
    let Some(cidr) = legacy_cidr(cx, block.get("cidr")) else { return };
    for item in block.list("except") {
        let Some(except) = legacy_cidr(cx, Some(item)) else { continue };
        if !cidr.contains(except.network()) || cidr.bits() >= except.bits() {
            cx.invalid(item.here(), "must be a strict subset of `cidr`");
        }
    }
}

fn legacy_cidr<'a>(cx: &mut Cx<'a>, value: Option<Value<'a>>) -> Option<Cidr> {
    let value = value?;
    let text = value.as_str()?;
    addresses::cidr_warnings(cx, value.here(), text);
    addresses::legacy_cidr(cx, value.here(), text)
}
