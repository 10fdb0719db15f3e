//! A catalogue in words: `portcullis schema list FILE` and `schema show KIND --catalog FILE`.

use std::fmt::Write as _;

use super::node::{Additional, ListType, Literal, Node, Type};
use super::pack::{Kind, Pack, Version};
use crate::schema::show::without_brackets;
use crate::schema::values::nearest;

/// A line for each version of each kind: API version, kind, plural's scope.
#[must_use]
pub fn list(pack: &Pack) -> String {
    let mut text = String::new();
    for version in pack.kinds().flat_map(Kind::versions) {
        let kind = version.kind();
        let scope = if kind.is_namespaced() { "namespaced" } else { "cluster" };
        let served = if version.is_served() { "" } else { ", not served" };
        let api = format!("{}/{}", kind.group(), version.name());
        _ = writeln!(text, "{api:<52} {:<34} {scope}{served}", kind.name());
    }
    for path in pack.json_schemas() {
        _ = writeln!(text, "{path:<87} JSON Schema");
    }
    text
}

/// What a kind, or a field of it, is made of. `what` is `KIND[.path]` or `GROUP[/VERSION]/KIND[.path]`.
///
/// # Errors
/// What could not be found, and what was probably meant.
pub fn show(pack: &Pack, what: &str) -> Result<String, String> {
    let what = &without_brackets(what);
    let slash = what.rfind('/').map_or(0, |at| at + 1);
    let (api, rest) = what.split_at(slash);
    let (name, path) = rest.split_once('.').unwrap_or((rest, ""));
    let api = api.trim_end_matches('/');
    let fits = |version: &Version<'_>| {
        let kind = version.kind();
        let of_name = kind.name().eq_ignore_ascii_case(name) || kind.plural().eq_ignore_ascii_case(name);
        of_name && (api.is_empty() || api == kind.group() || api == format!("{}/{}", kind.group(), version.name()))
    };
    let found: Vec<Version<'_>> = pack.kinds().flat_map(Kind::versions).filter(fits).collect();
    // The CRD names its newest version first or last; who writes an object uses one that is served.
    let Some(version) = found.iter().find(|version| version.is_served()).or(found.first()) else {
        let meant =
            nearest(name, pack.kinds().map(Kind::name)).map_or(String::new(), |m| format!("; did you mean {m}?"));
        return Err(format!("the catalogue has no kind {what}{meant}"));
    };
    let mut node = version.root();
    for step in path.split('.').filter(|step| !step.is_empty()) {
        node = inner(node);
        node = node.property(step).ok_or_else(|| {
            let meant = nearest(step, node.properties().map(|(name, _)| name));
            format!(
                "there is no field {step}{}",
                meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"))
            )
        })?;
    }
    let mut text = format!("{}/{} {}\n", version.kind().group(), version.name(), version.kind().name());
    if !path.is_empty() {
        _ = writeln!(text, "{path}: {}", describe(node));
    }
    let node = inner(node);
    let required: Vec<&str> = node.required().collect();
    for (name, field) in node.properties() {
        let is_required = if required.contains(&name) { ", required" } else { "" };
        _ = writeln!(text, "  {name:<32} {}{is_required}", describe(field));
    }
    for other in
        found.iter().filter(|other| other.name() != version.name() || other.kind().group() != version.kind().group())
    {
        _ = writeln!(text, "also: {}/{}/{}", other.kind().group(), other.name(), other.kind().name());
    }
    Ok(text)
}

/// The schema of what lists and maps hold.
fn inner(node: Node<'_>) -> Node<'_> {
    match (node.items(), node.additional()) {
        (Some(items), _) => inner(items),
        (None, Some(Additional::Schema(values))) => inner(values),
        _ => node,
    }
}

fn words(node: Node<'_>) -> String {
    match (node.ty(), node.items(), node.additional()) {
        _ if node.is_int_or_string() => "integer or string".to_owned(),
        (Type::Array, Some(items), _) => format!("list of {}", words(items)),
        (Type::Object, _, Some(Additional::Schema(values))) => format!("map to {}", words(values)),
        (Type::Array, ..) => "list".to_owned(),
        (Type::Object, ..) => "object".to_owned(),
        (Type::String, ..) => "string".to_owned(),
        (Type::Integer, ..) => "integer".to_owned(),
        (Type::Number, ..) => "number".to_owned(),
        (Type::Boolean, ..) => "boolean".to_owned(),
        (Type::Any, ..) => "anything".to_owned(),
    }
}

fn describe(node: Node<'_>) -> String {
    let literal = |literal: Literal<'_>| match literal {
        Literal::String(text) | Literal::Json(text) => text.to_owned(),
    };
    let mut parts = vec![words(node)];
    parts.extend(node.default().map(|default| format!("default {}", literal(default))));
    let values: Vec<String> = node.values().map(literal).collect();
    if !values.is_empty() {
        parts.push(format!("one of {}", values.join(", ")));
    }
    parts.extend(node.format().map(|format| format.name().to_owned()));
    parts.extend(node.pattern().map(|(pattern, _)| format!("matching {pattern}")));
    if let Some(limits) = node.limits() {
        parts.extend(limits.minimum.map(|limit| format!("at least {limit}")));
        parts.extend(limits.maximum.map(|limit| format!("at most {limit}")));
    }
    let keys: Vec<&str> = node.list_keys().collect();
    match node.list_type() {
        ListType::Map => parts.push(format!("keyed by {}", keys.join("+"))),
        ListType::Set => parts.push("each item once".to_owned()),
        ListType::Atomic => {}
    }
    parts.join(", ")
}
