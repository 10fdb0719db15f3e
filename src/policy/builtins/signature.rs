//! Every builtin of OPA: what it takes, what it gives, and who evaluates it.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use regorus::Value;

use super::function;

/// The builtins of OPA 1.19, from its `capabilities.json`, and conftest's `parse_…`, a line each; `! REASON` for one that is not available,
/// `= syntax` for one that is no function here.
const TEXT: &str = include_str!("signatures.txt");

/// The builtins that Rego v1 refuses.
const V0_ONLY: [&str; 11] = [
    "all",
    "any",
    "cast_array",
    "cast_boolean",
    "cast_null",
    "cast_object",
    "cast_set",
    "cast_string",
    "net.cidr_overlap",
    "re_match",
    "set_diff",
];

/// A builtin.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its name: `net.cidr_contains`.
    pub name: &'static str,
    /// What it takes, in order.
    pub arguments: Vec<Type>,
    /// What it gives.
    pub result: Type,
    /// Who evaluates it.
    pub standing: Standing,
    /// OPA takes it in Rego v0 only.
    pub v0_only: bool,
}

/// Who evaluates a builtin.
#[derive(Clone, Copy, Debug)]
pub enum Standing {
    /// The Rego engine, as OPA does.
    Engine,
    /// We do.
    Ours(super::Ours),
    /// Nobody, and why: a policy that calls it cannot be evaluated.
    Unavailable(&'static str),
    /// No function: an operator's name, or what a policy is rewritten for before it is evaluated.
    Syntax,
}

/// A type, as OPA's checker knows it. What an object holds is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any value.
    Any,
    /// null.
    Null,
    /// true or false.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array of such elements.
    Array(Box<Type>),
    /// A set of such elements.
    Set(Box<Type>),
    /// An object.
    Object,
    /// Any of these.
    OneOf(Vec<Type>),
}

impl Type {
    /// A value is of this type.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::Null, Value::Null)
            | (Self::Boolean, Value::Bool(_))
            | (Self::Number, Value::Number(_))
            | (Self::String, Value::String(_))
            | (Self::Object, Value::Object(_)) => true,
            (Self::Array(element), Value::Array(items)) => items.iter().all(|item| element.admits(item)),
            (Self::Set(element), Value::Set(items)) => items.iter().all(|item| element.admits(item)),
            (Self::OneOf(types), value) => types.iter().any(|known| known.admits(value)),
            _ => false,
        }
    }

    fn parse(text: &str) -> Self {
        let parts = split(text, '|');
        if parts.len() > 1 {
            return Self::OneOf(parts.into_iter().map(Self::parse).collect());
        }
        let (name, element) = match text.split_once('[') {
            Some((name, rest)) => (name, Self::parse(rest.strip_suffix(']').unwrap_or(rest))),
            None => (text, Self::Any),
        };
        match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array(Box::new(element)),
            "set" => Self::Set(Box::new(element)),
            "object" => Self::Object,
            _ => Self::Any,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |f: &mut fmt::Formatter<'_>, name: &str, element: &Self| match element {
            Self::Any => f.write_str(name),
            element => write!(f, "{name}[{element}]"),
        };
        match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Array(element) => of(f, "array", element),
            Self::Set(element) => of(f, "set", element),
            Self::Object => f.write_str("object"),
            Self::OneOf(types) => {
                for (at, known) in types.iter().enumerate() {
                    write!(f, "{}{known}", if at == 0 { "" } else { "|" })?;
                }
                Ok(())
            }
        }
    }
}

/// The parts of a text between separators that stand in no brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth == 0 && c == separator
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

fn parse(line: &'static str) -> Option<Signature> {
    let (name, rest) = line.split_once('(')?;
    let (arguments, rest) = rest.split_once(") -> ")?;
    let mut standing = match function(name) {
        Some(function) => Standing::Ours(super::Ours(function)),
        None => Standing::Engine,
    };
    let result = if let Some((result, reason)) = rest.split_once(" ! ") {
        standing = Standing::Unavailable(reason);
        result
    } else if let Some(result) = rest.strip_suffix(" = syntax") {
        standing = Standing::Syntax;
        result
    } else {
        rest
    };
    let v0_only = V0_ONLY.contains(&name);
    let arguments = split(arguments, ',').into_iter().map(Type::parse).collect();
    Some(Signature { name, arguments, result: Type::parse(result), standing, v0_only })
}

static SIGNATURES: LazyLock<Vec<Signature>> = LazyLock::new(|| TEXT.lines().filter_map(parse).collect());

static BY_NAME: LazyLock<HashMap<&'static str, &'static Signature>> =
    LazyLock::new(|| SIGNATURES.iter().map(|signature| (signature.name, signature)).collect());

/// Every builtin of OPA, by name.
#[must_use]
pub fn signatures() -> &'static [Signature] {
    &SIGNATURES
}

/// The builtin of a name, such as `net.cidr_contains`; none: OPA has no such builtin.
#[must_use]
pub fn signature(name: &str) -> Option<&'static Signature> {
    BY_NAME.get(name).copied()
}
