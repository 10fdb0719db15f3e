//! Every builtin of OPA: what it takes, what it gives, and who evaluates it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::function;
use super::types::{Key, Type};

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

/// A type as it is written in the table: `string|array(number, string)[any]|object(op: string)[any: any]`.
fn kind(text: &str) -> Type {
    let any_of = split(text, '|');
    if any_of.len() > 1 {
        return any_of.into_iter().map(kind).fold(Type::Unknown, Type::or);
    }
    let (name, inner) = text.find(['(', '[']).map_or((text, ""), |at| text.split_at(at));
    let (first, rest) = match inner.strip_prefix('(').map(|inner| inner.split_at(closing(inner))) {
        Some((first, rest)) => (split(first, ','), rest.strip_prefix(')').unwrap_or(rest)),
        None => (Vec::new(), inner),
    };
    let rest = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    // Without any brackets it may hold anything.
    let is_open = first.is_empty() && rest.is_none();
    match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "number" => Type::Number,
        "string" => Type::String,
        "array" => {
            let rest = rest.map_or(if is_open { Type::any() } else { Type::Unknown }, kind);
            Type::array(first.into_iter().map(kind).collect(), rest)
        }
        "set" => Type::set(rest.map_or_else(Type::any, kind)),
        "object" => {
            let pair =
                |text: &str| text.split_once(':').map(|(key, value)| (key.trim().to_owned(), kind(value.trim())));
            let known = first.into_iter().filter_map(pair).map(|(key, value)| (Key::String(key.into()), value));
            let rest = rest.and_then(pair).map(|(key, value)| (kind(&key), value));
            Type::object(known.collect(), if is_open { Some((Type::any(), Type::any())) } else { rest })
        }
        _ => Type::any(),
    }
}

/// Where the bracket closes that was opened before a text.
fn closing(text: &str) -> usize {
    let mut depth = 1_i32;
    let closes = |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    };
    text.find(closes).unwrap_or(text.len())
}

/// The parts of a text between separators that stand in no brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c| {
        depth += i32::from(matches!(c, '[' | '(')) - i32::from(matches!(c, ']' | ')'));
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
    let arguments = split(arguments, ',').into_iter().map(kind).collect();
    Some(Signature { name, arguments, result: kind(result), standing, v0_only })
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
