//! What one scalar means: go-yaml v2's `resolve` for kubectl, v3's for kustomize.

use std::borrow::Cow;

use super::Dialect;
use super::date;
use super::document::Data;
use super::number;

/// A scalar as the Go decoder holds it, before it becomes JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond int64.
    Uint(u64),
    Float(f64),
    String(Cow<'a, str>),
    /// A date that yaml.v3 understood, as its JSON says it.
    Time(String),
}

/// What the tag before a scalar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    /// There is none.
    None,
    /// A lone `!`.
    Bare,
    /// The resolved tag.
    Named(&'a str),
}

const CORE: &str = "tag:yaml.org,2002:";

/// Read one scalar; `plain` is false for quoted and block scalars. The error is the reason of a refusal.
pub(super) fn resolve<'a>(dialect: Dialect, tag: Tag<'_>, plain: bool, value: &'a str) -> Result<Scalar<'a>, String> {
    let text = || Ok(Scalar::String(Cow::Borrowed(value)));
    let tag = match (tag, dialect) {
        (Tag::None, _) | (Tag::Bare, Dialect::Kustomize) if !plain => return text(),
        (Tag::None, _) | (Tag::Bare, Dialect::Kustomize) => return Ok(implicit(dialect, value, true)),
        (Tag::Bare, Dialect::Kubectl) => return text(),
        (Tag::Named(tag), _) => tag,
    };
    let Some(core) = tag.strip_prefix(CORE) else { return text() };
    let found = match core {
        "binary" => return binary(value),
        "null" | "bool" | "int" | "float" => implicit(dialect, value, false),
        "timestamp" => implicit(Dialect::Kustomize, value, true),
        _ => return text(),
    };
    match (core, found) {
        ("null", found @ Scalar::Null)
        | ("bool", found @ Scalar::Bool(_))
        | ("int", found @ (Scalar::Int(_) | Scalar::Uint(_)))
        | ("float", found @ Scalar::Float(_)) => Ok(found),
        #[expect(clippy::cast_precision_loss, reason = "this is what the tag asks for")]
        ("float", Scalar::Int(int)) => Ok(Scalar::Float(int as f64)),
        ("timestamp", Scalar::Time(_)) if dialect == Dialect::Kubectl => text(),
        ("timestamp", found @ Scalar::Time(_)) => Ok(found),
        _ => Err(format!("the tag !!{core} does not fit this value")),
    }
}

/// The table and the numbers of both versions, for a scalar without a tag or with one that names them.
fn implicit(dialect: Dialect, value: &str, dates: bool) -> Scalar<'_> {
    let text = Scalar::String(Cow::Borrowed(value));
    let first = match value.as_bytes() {
        [] => return Scalar::Null,
        [first, ..] => *first,
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' => {
            if value.len() <= 5
                && let Some(special) = word(dialect, value)
            {
                return special;
            }
            if dates
                && dialect == Dialect::Kustomize
                && let Some(date) = date::rfc3339(value)
            {
                return Scalar::Time(date);
            }
            number::read(value).unwrap_or(text)
        }
        b'.' => word(dialect, value).or_else(|| number::dotted(value)).unwrap_or(text),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' if value.len() <= 5 => {
            word(dialect, value).unwrap_or(text)
        }
        _ => text,
    }
}

fn word(dialect: Dialect, value: &str) -> Option<Scalar<'static>> {
    Some(match value {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ if dialect == Dialect::Kustomize => return None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        _ => return None,
    })
}

/// `!!binary`: base64 as Go's `StdEncoding` reads it (line breaks skipped, padding needed), bytes that are no UTF-8
/// replaced when they become JSON.
fn binary(value: &str) -> Result<Scalar<'static>, String> {
    let wrong = || "the value of !!binary is no base64".to_owned();
    let mut bytes = Vec::with_capacity(value.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0_u32, 0_u32, 0_usize);
    for byte in value.bytes() {
        let six = match byte {
            b'\r' | b'\n' => continue,
            b'=' => {
                padding += 1;
                continue;
            }
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(wrong()),
        };
        if padding > 0 {
            return Err(wrong());
        }
        bits = bits << 6 | u32::from(six);
        count += 1;
        if count.is_multiple_of(4) {
            let [_, a, b, c] = bits.to_be_bytes();
            bytes.extend([a, b, c]);
        }
    }
    match (count % 4, padding) {
        (0, 0) => {}
        (2, 2) => bytes.push((bits << 12).to_be_bytes()[1]),
        (3, 1) => bytes.extend_from_slice(&(bits << 6).to_be_bytes()[1..3]),
        _ => return Err(wrong()),
    }
    Ok(Scalar::String(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())))
}

/// Why a value has no JSON.
pub(super) const NOT_FINITE: &str = "infinity and NaN have no JSON, so no object can hold them";

/// The value as the arena holds it, strings apart. `Err` for infinity and NaN.
pub(super) fn data(scalar: &Scalar<'_>) -> Result<Option<Data>, &'static str> {
    Ok(Some(match scalar {
        Scalar::Null => Data::Null,
        Scalar::Bool(bool) => Data::Bool(*bool),
        Scalar::Int(int) => Data::Int(*int),
        #[expect(clippy::cast_precision_loss, reason = "kubectl's last step: what is no int64 is a float64")]
        Scalar::Uint(uint) => Data::Float(*uint as f64),
        Scalar::Float(float) if !float.is_finite() => return Err(NOT_FINITE),
        Scalar::Float(float) => number::as_json(*float),
        Scalar::String(_) | Scalar::Time(_) => return Ok(None),
    }))
}

/// What a key was before it became a string: keys of different kinds are different in YAML even when their strings are
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    String,
    Bool,
    Int,
    Float,
    /// yaml.v3 looks for duplicates before it follows aliases.
    Alias,
    /// A merge key, `<<`.
    Merge,
}

/// The key as a string, or why there is none.
pub(super) fn key<'a>(dialect: Dialect, scalar: Scalar<'a>) -> Result<(Cow<'a, str>, KeyKind), &'static str> {
    if dialect == Dialect::Kustomize {
        return match scalar {
            Scalar::String(text) => Ok((text, KeyKind::String)),
            Scalar::Time(_) => Err("a date is no key for kustomize; put it in quotes"),
            _ => Err("kustomize takes only strings as keys; put it in quotes"),
        };
    }
    match scalar {
        Scalar::String(text) => Ok((text, KeyKind::String)),
        Scalar::Bool(bool) => Ok((Cow::Borrowed(if bool { "true" } else { "false" }), KeyKind::Bool)),
        Scalar::Int(int) => Ok((int.to_string().into(), KeyKind::Int)),
        Scalar::Float(float) => Ok((number::float_key(float).into(), KeyKind::Float)),
        Scalar::Uint(_) => Err("an integer beyond int64 is no key; put it in quotes"),
        Scalar::Null | Scalar::Time(_) => Err("null is no key; write a string in quotes"),
    }
}

/// The scalar as JSON text, for people.
pub(super) fn show(scalar: &Scalar<'_>) -> String {
    match scalar {
        Scalar::String(text) => serde_json::Value::from(&**text).to_string(),
        Scalar::Time(text) => serde_json::Value::from(text.as_str()).to_string(),
        other => match data(other) {
            Ok(Some(Data::Bool(bool))) => bool.to_string(),
            Ok(Some(Data::Int(int))) => int.to_string(),
            Ok(Some(Data::Float(float))) => float.to_string(),
            Ok(_) => "null".to_owned(),
            Err(_) => "no JSON".to_owned(),
        },
    }
}

/// A quick look: can the two dialects differ on a scalar without a tag and quotes? A superset of the truth.
pub(super) fn may_differ(value: &str) -> bool {
    match value.as_bytes() {
        [b'y' | b'Y' | b'n' | b'N' | b'o' | b'O', rest @ ..] => rest.len() <= 2,
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] => true,
        _ => false,
    }
}
