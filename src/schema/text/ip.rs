//! IP addresses and CIDRs as the server reads them: `ParseIPSloppy` and `ParseCIDRSloppy`, and whether Go's `net/netip`
//! would take the same text.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What the server says of a text that is no IP address.
pub const NO_IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/// An IPv4 address is held, as Go's `net.IP` holds it, as the IPv6 address that maps it.
const MAPPED: u128 = 0xffff << 32;

/// An IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip {
    number: u128,
    /// It was written with colons.
    colons: bool,
    /// `netip.ParseAddr` takes the text: no octet has leading zeros, no group more than four digits.
    strict: bool,
}

impl Ip {
    /// It is an IPv4 address, however it was written.
    #[must_use]
    pub fn is_v4(self) -> bool {
        is_v4(self.number)
    }

    /// It is an IPv4 address that was written as an IPv6 address: `::ffff:10.0.0.1`.
    #[must_use]
    pub fn is_mapped(self) -> bool {
        self.colons && self.is_v4()
    }

    /// Some number of it has leading zeros, which not every program reads alike.
    #[must_use]
    pub fn has_leading_zeros(self) -> bool {
        !self.strict
    }

    /// Why programs might read it as different addresses.
    #[must_use]
    pub fn ambiguity(self) -> Option<&'static str> {
        if self.has_leading_zeros() {
            Some("must not have leading 0s")
        } else {
            self.is_mapped().then_some("must not be an IPv4-mapped IPv6 address")
        }
    }

    /// Why it cannot be where something listens (`ValidateEndpointIP`), for an IP that was written as `text`.
    #[must_use]
    pub fn not_an_endpoint(self, text: &str) -> Option<String> {
        let (v4, v6) = (self.v4().unwrap_or(Ipv4Addr::BROADCAST), Ipv6Addr::from(self.number));
        let link_multicast =
            v4.octets().starts_with(&[224, 0, 0]) || matches!(v6.octets(), [0xff, scope, ..] if scope & 15 == 2);
        Some(match self.v4() {
            _ if v4.is_unspecified() || v6.is_unspecified() => format!("may not be unspecified ({text})"),
            _ if v4.is_loopback() || v6.is_loopback() => {
                "may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned()
            }
            _ if v4.is_link_local() || v6.is_unicast_link_local() => {
                "may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned()
            }
            _ if link_multicast => "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned(),
            _ => return None,
        })
    }

    fn v4(self) -> Option<Ipv4Addr> {
        Ipv6Addr::from(self.number).to_ipv4_mapped()
    }
}

/// The canonical text; an IPv4 address in dots, even if it was written in colons.
impl fmt::Display for Ip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.v4() {
            Some(v4) => v4.fmt(out),
            None => Ipv6Addr::from(self.number).fmt(out),
        }
    }
}

/// An address and the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: Ip,
    bits: u32,
    strict: bool,
}

impl Cidr {
    /// The address in front of the slash.
    #[must_use]
    pub fn address(self) -> Ip {
        self.address
    }

    /// The length of the prefix as it was written.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.bits
    }

    /// `netip.ParsePrefix` refuses the text, because of leading zeros.
    #[must_use]
    pub fn has_leading_zeros(self) -> bool {
        !self.strict || self.address.has_leading_zeros()
    }

    /// The address has bits beyond the prefix.
    #[must_use]
    pub fn has_host_bits(self) -> bool {
        self.address.number != self.network().number
    }

    /// The network's own address.
    #[must_use]
    pub fn network(self) -> Ip {
        Ip { number: self.address.number & self.mask(), ..self.address }
    }

    /// The network holds the other one's address (`IPNet.Contains`).
    #[must_use]
    pub fn contains(self, other: Ip) -> bool {
        let network = self.network();
        network.is_v4() == other.is_v4() && other.number & self.mask() == network.number
    }

    /// The address alone as a CIDR: `10.0.0.1/32`.
    #[must_use]
    pub fn single(self) -> String {
        format!("{}/{}", self.address, if self.address.colons { 128 } else { 32 })
    }

    fn mask(self) -> u128 {
        let fixed = if self.address.colons { self.bits } else { self.bits + 96 };
        u128::MAX.checked_shl(128 - fixed).unwrap_or_default()
    }
}

/// The canonical text of the network.
impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = self.network();
        let bits = if network.is_mapped() { self.bits.saturating_sub(96) } else { self.bits };
        write!(out, "{network}/{bits}")
    }
}

/// `IsValidIP`: an address in its canonical form.
pub fn canonical(text: &str) -> Result<Ip, String> {
    let ip = parse(text).ok_or(NO_IP)?;
    if let Some(why) = ip.ambiguity() {
        return Err(why.to_owned());
    }
    let canonical = ip.to_string();
    if text == canonical { Ok(ip) } else { Err(format!("must be in canonical form ({canonical:?})")) }
}

fn is_v4(number: u128) -> bool {
    number >> 32 == MAPPED >> 32
}

/// `ParseIPSloppy`: IPv4 in dots, whose numbers may have leading zeros, or IPv6 in colons.
#[must_use]
pub fn parse(text: &str) -> Option<Ip> {
    let first = text.bytes().find(|byte| matches!(byte, b'.' | b':'))?;
    let (number, strict) = if first == b'.' { v4(text)? } else { v6(text)? };
    Some(Ip { number, colons: first == b':', strict })
}

/// `ParseCIDRSloppy`: an address, a slash and the length of the prefix.
#[must_use]
pub fn parse_cidr(text: &str) -> Option<Cidr> {
    let (address, length) = text.split_once('/')?;
    let address = parse(address)?;
    let bits = decimal(length)?;
    let strict = length.len() == 1 || !length.starts_with('0');
    (bits <= if address.colons { 128 } else { 32 }).then_some(Cidr { address, bits, strict })
}

fn v4(text: &str) -> Option<(u128, bool)> {
    let (mut number, mut strict, mut octets) = (0, true, 0);
    for part in text.split('.') {
        let octet = decimal(part).filter(|octet| *octet <= 255)?;
        number = number << 8 | u128::from(octet);
        strict &= part.len() == 1 || !part.starts_with('0');
        octets += 1;
        if octets > 4 {
            return None;
        }
    }
    (octets == 4).then_some((MAPPED | number, strict))
}

fn v6(text: &str) -> Option<(u128, bool)> {
    let (front, back) = match text.split_once("::") {
        Some((front, back)) => (front, Some(back)),
        None => (text, None),
    };
    let mut strict = true;
    let (front, front_groups) = groups(front, back.is_none(), &mut strict)?;
    let Some(back) = back else { return (front_groups == 8).then_some((front, strict)) };
    let (back, back_groups) = groups(back, true, &mut strict)?;
    // Two colons stand for one group at least.
    if front_groups + back_groups > 7 {
        return None;
    }
    let shifted = front.checked_shl(16 * (8 - front_groups)).unwrap_or_default();
    Some((shifted | back, strict))
}

/// Groups of hexadecimal digits; the last may be an IPv4 address at the end of the text.
fn groups(text: &str, ends: bool, strict: &mut bool) -> Option<(u128, u32)> {
    let (mut number, mut count) = (0, 0);
    if text.is_empty() {
        return Some((number, count));
    }
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        if ends && parts.peek().is_none() && part.contains('.') {
            let (octets, is_strict) = v4(part)?;
            *strict &= is_strict;
            number = number << 32 | (octets & u128::from(u32::MAX));
            count += 2;
        } else {
            number = number << 16 | u128::from(hexadecimal(part)?);
            *strict &= part.len() <= 4;
            count += 1;
        }
        if count > 8 {
            return None;
        }
    }
    Some((number, count))
}

/// A decimal number of any number of digits.
fn decimal(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn hexadecimal(text: &str) -> Option<u16> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| u16::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_cidr};

    #[test]
    fn addresses_are_read_as_go_reads_them() {
        for (text, canonical, strict) in [
            ("10.0.0.1", "10.0.0.1", true),
            ("010.000.0.01", "10.0.0.1", false),
            ("::ffff:1.2.3.4", "1.2.3.4", true),
            ("::", "::", true),
            ("1::", "1::", true),
            ("::1", "::1", true),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1", true),
            ("00001::", "1::", false),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", true),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304", true),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", true),
        ] {
            let ip = parse(text).unwrap();
            assert_eq!((ip.to_string().as_str(), !ip.has_leading_zeros()), (canonical, strict), "{text}");
        }
        for text in [
            "",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.4 ",
            "1..2.3",
            ":",
            ":::",
            "1:2",
            "::1::",
            "1:::2",
            "12345::",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            "::1%eth0",
            "1.2.3.4::",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4",
            "g::",
            ":1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:",
            "10.0.0.1/8",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn networks_are_masked_and_compared() {
        for (text, canonical, strict, host_bits) in [
            ("10.0.0.0/8", "10.0.0.0/8", true, false),
            ("10.0.0.1/8", "10.0.0.0/8", true, true),
            ("10.0.0.0/08", "10.0.0.0/8", false, false),
            ("0.0.0.0/0", "0.0.0.0/0", true, false),
            ("::/0", "::/0", true, false),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8", true, false),
            ("2001:db8::1/32", "2001:db8::/32", true, true),
        ] {
            let cidr = parse_cidr(text).unwrap();
            let found = (cidr.to_string(), !cidr.has_leading_zeros(), cidr.has_host_bits());
            assert_eq!(found, (canonical.to_owned(), strict, host_bits), "{text}");
        }
        for text in
            ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/+8", "/8"]
        {
            assert_eq!(parse_cidr(text), None, "{text}");
        }
        let holds =
            |outer: &str, inner: &str| parse_cidr(outer).unwrap().contains(parse_cidr(inner).unwrap().network());
        assert!(holds("10.0.0.0/8", "10.1.0.0/16") && holds("0.0.0.0/0", "1.2.3.4/32"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0/16") && !holds("::/0", "1.2.3.4/32"));
    }
}
