//! Endpoints.

use super::super::{Cx, Read, addresses};
use super::checked;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `ValidateEndpointsCreate`
pub(super) fn endpoints<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    for subset in object.list("subsets") {
        if subset.count("addresses") == 0 && subset.count("notReadyAddresses") == 0 {
            cx.required(subset.here(), "must specify `addresses` or `notReadyAddresses`");
        }
        for address in subset.list("addresses").chain(subset.list("notReadyAddresses")) {
            endpoint_address(cx, address);
        }
        let several = subset.count("ports") > 1;
        for port in subset.list("ports") {
            if several && port.text("name").is_empty() {
                cx.required(port.at("name"), "");
            }
            checked(cx, port, "name", name::dns_label);
            let number = port.int("port").unwrap_or_default();
            if let Some(why) = name::port_number(number) {
                cx.invalid_shown(port.at("port"), number, why);
            }
            if let Some(protocol) = port.text_if("appProtocol") {
                cx.invalid_each(port.at("appProtocol"), name::qualified(protocol));
            }
        }
    }
}

/// `validateEndpointAddress`
fn endpoint_address<'a>(cx: &mut Cx<'a>, address: Value<'a>) {
    let text = address.text("ip");
    if address.has("ip") {
        if let Some(why) = addresses::legacy_ip(cx, address.at("ip"), text).and_then(|ip| ip.not_an_endpoint(text)) {
            cx.invalid(address.at("ip"), why);
        }
        addresses::ip_warnings(cx, address.at("ip"), text, true);
    } else {
        cx.invalid_shown(address.at("ip"), "\"\"", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
    checked(cx, address, "hostname", name::dns_label);
    if let Some(node) = address.text_if("nodeName") {
        cx.invalid_each(address.at("nodeName"), name::dns_subdomain(node));
    }
}
