//! URIs, as Go's `net/url` reads them.

use std::net::Ipv6Addr;

use regorus::Value;

use super::{Answer, Family, Problem, error};
use crate::policy::review::object_of;
use crate::schema::text::url;

pub(super) const FUNCTIONS: Family = &[
    ("uri.is_valid", |args| Ok(Value::from(args.string(0).is_ok_and(|text| !text.is_empty() && parse(text).is_ok())))),
    ("uri.parse", |args| parse(args.string(0)?)),
];

fn parse(text: &str) -> Answer {
    let url = url::parse(text).map_err(Problem::Error)?;
    let is_user = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if let Some(user) = url.user {
        if !user.chars().all(is_user) {
            return error("net/url: invalid userinfo");
        }
        unescape(user, |_| true)?;
    }
    let (name, port) = match url.host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(parts) => parts,
        None => url.host.split_at(url.host.rfind(':').unwrap_or(url.host.len())),
    };
    // Only what is no ASCII may be escaped in a name; in an address the zone stands behind `%25`.
    let host = match name.split_once("%25").filter(|_| url.host.starts_with('[')) {
        Some((_, "")) => return error("invalid host: an empty zone"),
        Some((address, zone)) => format!("{}%{}", unescape(address, |_| false)?, unescape(zone, |_| true)?),
        None => unescape(name, |byte| byte >= 0x80)?,
    };
    let is_address = |host: &str| host.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    if url.host.starts_with('[') && !is_address(&host) {
        return error(format!("invalid host: {:?} is no IPv6 address", url.host));
    }
    let path = unescape(url.path, |_| true)?;
    let mut parts = object_of(
        [
            ("scheme", url.scheme.to_ascii_lowercase().as_str()),
            ("hostname", &host),
            ("port", port.trim_start_matches(':')),
            ("path", &path),
            ("raw_path", url.path),
            ("raw_query", url.query),
            ("fragment", &unescape(url.fragment, |_| true)?),
        ]
        .map(|(key, text)| (key, Value::from(text))),
    );
    if let Ok(parts) = parts.as_object_mut() {
        parts.retain(|_, value| *value != Value::from(""));
    }
    Ok(parts)
}

/// A text with `%41` as characters, where the byte may be escaped.
fn unescape(text: &str, may_be: fn(u8) -> bool) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match byte.filter(|byte| may_be(*byte)) {
            Some(byte) => bytes.push(byte),
            None => return error(format!("invalid URL escape in {text:?}")),
        }
        rest = after.get(2..).unwrap_or_default();
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
