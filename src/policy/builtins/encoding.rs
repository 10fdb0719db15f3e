//! Base64 and query strings, as Go reads and writes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ::base64::Engine as _;
use regorus::Value;

use super::{Answer, Args, Family, Problem, error, sorted, text};
use crate::schema::text::base64;

pub(super) const FUNCTIONS: Family = &[
    ("base64.decode", |args| match base64::decode(args.string(0)?) {
        Some(bytes) => text(String::from_utf8_lossy(&bytes).into_owned()),
        None => error("illegal base64 data"),
    }),
    ("base64.is_valid", |args| Ok(Value::from(args.string(0).is_ok_and(|text| base64::decode(text).is_some())))),
    ("base64url.decode", |args| match super::jwt::DIGITS.decode(args.string(0)?.replace(['\r', '\n'], "")) {
        Ok(bytes) => text(String::from_utf8_lossy(&bytes).into_owned()),
        Err(wrong) => error(format!("illegal base64 data: {wrong}")),
    }),
    ("urlquery.decode", |args| unescape(args.string(0)?).and_then(text)),
    ("urlquery.decode_object", decode_object),
    ("urlquery.encode", |args| text(escape(args.string(0)?))),
    ("urlquery.encode_object", encode_object),
];

fn escape(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            // Writing to a string cannot fail.
            other => _ = write!(out, "%{other:02X}"),
        }
    }
    out
}

fn unescape(escaped: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
                let Some(byte) = byte else { return error(format!("invalid URL escape in {escaped:?}")) };
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            other => bytes.push(*other),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn decode_object(args: Args<'_>) -> Answer {
    let mut fields: BTreeMap<Value, Value> = BTreeMap::new();
    for pair in args.string(0)?.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return error("invalid semicolon separator in query");
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (Value::from(unescape(key)?), Value::from(unescape(value)?));
        let values = fields.entry(key).or_insert_with(|| Value::from(Vec::new()));
        if let Ok(values) = values.as_array_mut() {
            values.push(value);
        }
    }
    Ok(Value::from(fields))
}

fn encode_object(args: Args<'_>) -> Answer {
    let mut pairs = Vec::new();
    for (key, value) in args.object(0)?.iter_sorted() {
        let Value::String(key) = key else { return error("keys must be strings") };
        let values: Vec<&Value> = match value {
            Value::Array(items) => items.iter().collect(),
            Value::Set(items) => sorted(items),
            single => vec![single],
        };
        for value in values {
            let Value::String(value) = value else { return error("values must be strings") };
            pairs.push(format!("{}={}", escape(key), escape(value)));
        }
    }
    text(pairs.join("&"))
}
