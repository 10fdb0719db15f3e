//! Networks in CIDR notation, as Go reads them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use regorus::Value;
use regorus::value::Set;

use super::{Answer, Args, Family, MOST, Problem, error, sorted};

pub(super) const FUNCTIONS: Family = &[
    ("net.cidr_contains", |args| contains(args.string(0)?, args.string(1)?).map(Value::from)),
    ("net.cidr_contains_matches", contains_matches),
    ("net.cidr_expand", expand),
    ("net.cidr_intersects", |args| {
        let (left, right) = (network(args.string(0)?)?, network(args.string(1)?)?);
        Ok(Value::from(left.has(right.first) || right.has(left.first)))
    }),
    ("net.cidr_is_valid", |args| Ok(Value::from(args.string(0).is_ok_and(|text| network(text).is_ok())))),
    ("net.cidr_merge", merge),
    ("net.cidr_overlap", |args| contains(args.string(0)?, args.string(1)?).map(Value::from)),
];

/// IPv4 in IPv6: `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff << 32;

/// A network, IPv4 ones as IPv6 has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: u128,
    /// Of 128 bits.
    bits: u32,
}

impl Network {
    fn last(self) -> u128 {
        self.first | !mask(self.bits)
    }

    /// IPv4 and IPv6 never hold each other.
    fn has(self, address: u128) -> bool {
        is_v4(self.first) == is_v4(address) && address & mask(self.bits) == self.first
    }

    fn text(self) -> String {
        let bits = if is_v4(self.first) && self.bits >= 96 { self.bits - 96 } else { self.bits };
        format!("{}/{bits}", show(self.first))
    }
}

fn mask(bits: u32) -> u128 {
    if bits == 0 { 0 } else { u128::MAX << (128 - bits.min(128)) }
}

fn is_v4(address: u128) -> bool {
    address >> 32 == MAPPED >> 32
}

fn show(address: u128) -> String {
    let v6 = Ipv6Addr::from(address);
    v6.to_ipv4_mapped().map_or_else(|| v6.to_string(), |v4| v4.to_string())
}

fn address(text: &str) -> Option<u128> {
    match text.parse().ok()? {
        IpAddr::V4(v4) => Some(mapped(v4)),
        IpAddr::V6(v6) => Some(v6.to_bits()),
    }
}

fn mapped(v4: Ipv4Addr) -> u128 {
    MAPPED | u128::from(v4.to_bits())
}

fn network(text: &str) -> Result<Network, Problem> {
    let parsed = || {
        let (address, prefix) = text.split_once('/')?;
        let is_digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u32 = prefix.parse().ok().filter(|_| is_digits)?;
        let (address, most, before) = match address.parse().ok()? {
            IpAddr::V4(v4) => (mapped(v4), 32, 96),
            IpAddr::V6(v6) => (v6.to_bits(), 128, 0),
        };
        let bits = (prefix <= most).then_some(prefix + before)?;
        let first = address & mask(bits);
        // A prefix that cuts into the mark of an IPv4 address makes an IPv6 network of it.
        Some(Network { first, bits })
    };
    parsed().ok_or_else(|| Problem::Error(format!("invalid CIDR address: {text}")))
}

/// A network holds an address, or all of another network.
fn contains(whole: &str, part: &str) -> Result<bool, Problem> {
    let whole = network(whole)?;
    if let Some(address) = address(part) {
        return Ok(whole.has(address));
    }
    let Ok(part) = network(part) else {
        return error(format!("not a valid textual representation of an IP address or CIDR: {part}"));
    };
    Ok(whole.has(part.first) && whole.has(part.last()))
}

/// The networks of an operand, each with what it is called in the answer.
fn named<'a>(args: Args<'a>, at: usize) -> Result<Vec<(&'a str, Value)>, Problem> {
    let network = |value: &'a Value| match value {
        Value::String(text) => Ok(&**text),
        Value::Array(items) => match items.first() {
            Some(Value::String(text)) => Ok(&**text),
            _ => error("element must be string or non-empty array"),
        },
        _ => error("element must be string or non-empty array"),
    };
    match args.value(at) {
        Value::String(text) => Ok(vec![(&**text, args.value(at).clone())]),
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| Ok((network(item)?, at.into()))).collect(),
        Value::Set(items) => sorted(items).into_iter().map(|item| Ok((network(item)?, item.clone()))).collect(),
        Value::Object(fields) => fields.iter_sorted().map(|(key, item)| Ok((network(item)?, key.clone()))).collect(),
        _ => args.wrong(at, "string, array, set or object"),
    }
}

fn contains_matches(args: Args<'_>) -> Answer {
    let (wholes, parts) = (named(args, 0)?, named(args, 1)?);
    let mut matches = Set::default();
    for (whole, outer) in &wholes {
        for (part, inner) in &parts {
            if contains(whole, part)? {
                matches.insert(Value::from(vec![outer.clone(), inner.clone()]));
            }
        }
    }
    Ok(matches.into_value())
}

fn expand(args: Args<'_>) -> Answer {
    let network = network(args.string(0)?)?;
    if network.last() - network.first >= MOST as u128 {
        let text = network.text();
        return Err(Problem::Unavailable(format!("{text} has too many addresses to list, at most {MOST}")));
    }
    Ok((network.first..=network.last()).map(|address| Value::from(show(address))).collect::<Set>().into_value())
}

/// The fewest networks that hold the same addresses.
fn merge(args: Args<'_>) -> Answer {
    // First and last address, and how the network is written while it stands alone.
    let mut ranges: Vec<(u128, u128, Option<String>)> = Vec::new();
    for element in args.elements(0)? {
        let Value::String(text) = element else { return error("element must be string") };
        ranges.push(match text.parse() {
            Ok(IpAddr::V4(v4)) => {
                // OPA gives a lone address the network of its class.
                let bits = match v4.octets() {
                    [..128, ..] => 8,
                    [128..192, ..] => 16,
                    _ => 24,
                };
                let network = Network { first: mapped(v4) & mask(bits + 96), bits: bits + 96 };
                (network.first, network.last(), Some(format!("{v4}/{bits}")))
            }
            Ok(IpAddr::V6(_)) => return error("IPv6 invalid: needs prefix length"),
            Err(_) => {
                let network = network(text)?;
                (network.first, network.last(), Some(network.text()))
            }
        });
    }
    ranges.sort_by_key(|(first, last, _)| (*last, *first));
    let mut merged: Vec<(u128, u128, Option<String>)> = Vec::new();
    for mut range in ranges {
        // A network that reaches back may swallow several.
        while let Some((first, last, _)) = merged.last()
            && range.0.saturating_sub(1) <= *last
        {
            range = (range.0.min(*first), range.1, None);
            merged.pop();
        }
        merged.push(range);
    }
    let mut networks = Set::default();
    for (first, last, text) in merged {
        match text {
            Some(text) => _ = networks.insert(Value::from(text)),
            None => cover(first, last, &mut networks),
        }
    }
    Ok(networks.into_value())
}

/// The fewest networks from one address to another.
fn cover(mut first: u128, last: u128, networks: &mut Set) {
    loop {
        let mut bits = 128 - first.trailing_zeros().min(128);
        while first | !mask(bits) > last {
            bits += 1;
        }
        let network = Network { first, bits };
        networks.insert(Value::from(network.text()));
        match network.last().checked_add(1) {
            Some(next) if next <= last => first = next,
            _ => return,
        }
    }
}
