//! Fields that hold an IP address or a CIDR. Old ones take every way of writing one that Go's parser once took
//! (`IsValidIPForLegacyField`), since 1.36 only unambiguous ones; new ones take the canonical text alone (`IsValidIP`).

use super::Cx;
use crate::schema::stored::At;
use crate::schema::text::ip::{self, Cidr, Ip};

const NO_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// `StrictIPCIDRValidation` is on by default from this minor on.
const STRICT: u8 = 36;
/// Before this minor, only Services are warned of, and in other words.
const WARNS: u8 = 33;

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

/// `GetWarningsForIP`, for a legacy field. Where nothing `refuses` a bad one, it is warned of in new minors, too.
pub(in crate::schema) fn ip_warnings(cx: &mut Cx<'_>, at: At<'_>, text: &str, refuses: bool) {
    let Some(ip) = ip::parse(text) else { return };
    let canonical = ip.to_string();
    let end = if ip.ambiguity().is_some() && refuses { STRICT } else { u8::MAX };
    cx.since(WARNS, |cx| {
        cx.before(end, |cx| {
            if ip.ambiguity().is_some() {
                non_standard(cx, at, "IP address", text, &canonical);
            } else if !ip.is_v4() && canonical != text {
                let why = format_args!("IPv6 address {text:?} should be in RFC 5952 canonical format ({canonical:?})");
                cx.warn(at, why);
            }
        });
    });
}

fn non_standard(cx: &mut Cx<'_>, at: At<'_>, what: &str, text: &str, canonical: &str) {
    let bad = format!("non-standard {what} {text:?}");
    cx.before(STRICT, |cx| {
        let future = "will be considered invalid in a future Kubernetes release";
        cx.warn(at, format_args!("{bad} {future}: use {canonical:?}"));
    });
    cx.since(STRICT, |cx| cx.warn(at, format_args!("{bad} is invalid: use {canonical:?}")));
}

/// What was warned of in a Service, where Go's new parser was stricter than the old one.
pub(in crate::schema) fn service_ip_warnings(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    cx.before(WARNS, |cx| match ip::parse(text) {
        None if text.is_empty() => {}
        None => accepted(cx, at, "IP address", format_args!("ParseAddr({text:?}): unable to parse IP")),
        Some(ip) if ip.has_leading_zeros() => {
            accepted(cx, at, "IP address", format_args!("ParseAddr({text:?}): {LEADING_ZERO}"));
        }
        Some(ip) if !ip.is_v4() => loops(cx, at, "address", text, &ip.to_string()),
        Some(_) => {}
    });
}

/// The same of a CIDR.
pub(in crate::schema) fn service_cidr_warnings(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    let Some(cidr) = ip::parse_cidr(text) else { return };
    let address = text.split('/').next().unwrap_or_default();
    cx.before(WARNS, |cx| {
        if cidr.address().has_leading_zeros() {
            let why = format_args!("netip.ParsePrefix({text:?}): ParseAddr({address:?}): {LEADING_ZERO}");
            accepted(cx, at, "IP prefix", why);
        } else if !cidr.address().is_v4() {
            loops(cx, at, "prefix", text, &format!("{}/{}", cidr.address(), cidr.bits()));
        }
    });
}

const LEADING_ZERO: &str = "IPv4 field has octet with leading zero";

fn accepted(cx: &mut Cx<'_>, at: At<'_>, what: &str, why: std::fmt::Arguments<'_>) {
    let accepted = "was accepted, but will be invalid in a future Kubernetes release";
    cx.warn(at, format_args!("{what} {accepted}: {why}"));
}

fn loops(cx: &mut Cx<'_>, at: At<'_>, what: &str, text: &str, canonical: &str) {
    if text != canonical {
        let why = "which may cause controller apply-loops";
        cx.warn(at, format_args!("IPv6 {what} {text:?} is not in RFC 5952 canonical format ({canonical:?}), {why}"));
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
    let canonical = cidr.to_string();
    cx.since(WARNS, |cx| {
        if cidr.has_host_bits() {
            cx.before(STRICT, |cx| {
                let single = cidr.single();
                let which = format!("(should be {canonical:?} or {single:?}?)");
                cx.warn(at, format_args!("CIDR value {text:?} is ambiguous in this context {which}"));
            });
        }
        if cidr.has_leading_zeros() || cidr.address().is_mapped() {
            cx.before(STRICT, |cx| non_standard(cx, at, "CIDR value", text, &canonical));
        } else if !cidr.has_host_bits() && !cidr.address().is_v4() && canonical != text {
            let why = format_args!("IPv6 CIDR value {text:?} should be in RFC 5952 canonical format ({canonical:?})");
            cx.warn(at, why);
        }
    });
}
