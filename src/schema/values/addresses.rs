//! Fields that hold an IP address or a CIDR. Old ones take every way of writing one that Go's parser once took
//! (`IsValidIPForLegacyField`), since 1.36 only unambiguous ones; new ones take the canonical text alone (`IsValidIP`).

use super::Cx;
use crate::schema::stored::At;
use crate::schema::text::ip::{self, Cidr, Ip};

const NO_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// `StrictIPCIDRValidation` is on by default from this minor on.
const STRICT: u8 = 36;

/// `IsValidIPForLegacyField`; the address, if it can be read at all.
pub(in crate::schema) fn legacy_ip(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Ip> {
    let Some(ip) = ip::parse(text) else {
        cx.invalid(at, ip::NO_IP);
        return None;
    };
    if let Some(why) = ip.ambiguity() {
        cx.since(STRICT, |cx| cx.invalid(at, why));
    }
    Some(ip)
}

/// `IsValidIP`; the address, if nothing is wrong with it.
pub(in crate::schema) fn ip(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Ip> {
    ip::canonical(text).map_err(|why| cx.invalid(at, why)).ok()
}

/// `GetWarningsForIP`, for a legacy field.
pub(in crate::schema) fn ip_warnings(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    let Some(ip) = ip::parse(text) else { return };
    if ip.ambiguity().is_some() {
        cx.before(STRICT, |cx| {
            cx.warn(at, format_args!("non-standard IP address {text:?} is invalid: use {:?}", ip.to_string()));
        });
    } else if !ip.is_v4() && ip.to_string() != text {
        let canonical = ip.to_string();
        cx.warn(at, format_args!("IPv6 address {text:?} should be in RFC 5952 canonical format ({canonical:?})"));
    }
}

/// `IsValidCIDRForLegacyField`; the CIDR, if it can be read at all.
pub(in crate::schema) fn legacy_cidr(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Cidr> {
    let Some(cidr) = ip::parse_cidr(text) else {
        cx.invalid(at, NO_CIDR);
        return None;
    };
    cx.since(STRICT, |cx| {
        strict_cidr(cx, at, cidr);
    });
    Some(cidr)
}

/// `IsValidCIDR`; the CIDR, if it can be read at all.
pub(in crate::schema) fn cidr(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Cidr> {
    let Some(cidr) = ip::parse_cidr(text) else {
        cx.invalid(at, NO_CIDR);
        return None;
    };
    if strict_cidr(cx, at, cidr) {
        let canonical = cidr.to_string();
        if text != canonical {
            cx.invalid(at, format_args!("must be in canonical form ({canonical:?})"));
        }
    }
    Some(cidr)
}

fn strict_cidr(cx: &mut Cx<'_>, at: At<'_>, cidr: Cidr) -> bool {
    let why = if cidr.has_leading_zeros() {
        "must not have leading 0s in IP or prefix length"
    } else if cidr.address().is_mapped() {
        "must not have an IPv4-mapped IPv6 address"
    } else if cidr.has_host_bits() {
        "must not have bits set beyond the prefix length"
    } else {
        return true;
    };
    cx.invalid(at, why);
    false
}

/// `GetWarningsForCIDR`, for a legacy field.
pub(in crate::schema) fn cidr_warnings(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    let Some(cidr) = ip::parse_cidr(text) else { return };
    if cidr.has_host_bits() {
        cx.before(STRICT, |cx| {
            let (network, single) = (cidr.to_string(), cidr.single());
            cx.warn(
                at,
                format_args!("CIDR value {text:?} is ambiguous in this context (should be {network:?} or {single:?}?)"),
            );
        });
    }
    if cidr.has_leading_zeros() || cidr.address().is_mapped() {
        cx.before(STRICT, |cx| {
            cx.warn(at, format_args!("non-standard CIDR value {text:?} is invalid: use {:?}", cidr.to_string()));
        });
    } else if !cidr.has_host_bits() && !cidr.address().is_v4() && cidr.to_string() != text {
        let canonical = cidr.to_string();
        cx.warn(at, format_args!("IPv6 CIDR value {text:?} should be in RFC 5952 canonical format ({canonical:?})"));
    }
}
