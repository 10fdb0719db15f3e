//! `networking.k8s.io`: Ingresses, `NetworkPolicy`, IP addresses and `ServiceCIDR`.

mod ingress;
mod ingress_class;
mod ip_address;
mod network_policy;
mod service_cidr;

use super::Cx;
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    if kind.kind() == "NetworkPolicy" {
        network_policy::defaults(stored);
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "Ingress" => ingress::ingress(cx, object),
        "IngressClass" => ingress_class::ingress_class(cx, object),
        "IPAddress" => ip_address::ip_address(cx, object),
        "NetworkPolicy" => network_policy::network_policy(cx, object),
        "ServiceCIDR" => service_cidr::service_cidr(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    match kind.kind() {
        "IngressClass" => ingress_class::ingress_class_update(cx, new, old),
        "IPAddress" => ip_address::ip_address_update(cx, new, old),
        "ServiceCIDR" => service_cidr::service_cidr_update(cx, new, old),
        _ => {}
    }
}
