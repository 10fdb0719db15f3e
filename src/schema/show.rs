//! The schemas in words: `portcullis schema list`, `show` and `diff`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::allowed;
use super::minors::MinorSet;
use super::table::{Def, Field, Kind, Type, TypeId};
use super::values::nearest;
use crate::config::{MINORS, Minor};

/// A line for each built-in kind: API version, kind, plural, scope, minors.
#[must_use]
pub fn list() -> String {
    let mut text = String::new();
    for kind in Kind::all() {
        let scope = if kind.is_namespaced() { "namespaced" } else { "cluster" };
        let off = if kind.is_off_by_default() { ", off by default" } else { "" };
        let (api, name) = (kind.api_version(), kind.kind());
        _ = writeln!(text, "{api:<40} {name:<34} {scope:<10} {}{off}", range(kind.minors()));
    }
    text
}

/// What a kind, or a field of it, is made of. `what` is `KIND[.path]` or `API/VERSION/KIND[.path]`; list items and map
/// values need no step of their own, and the brackets of a finding's path are passed over.
///
/// # Errors
/// What could not be found, and what was probably meant.
pub fn show(what: &str, minor: Option<Minor>) -> Result<String, String> {
    let minors = minor.map_or(MinorSet::ALL, MinorSet::of);
    let what = &without_brackets(what);
    // A group has dots too: the path begins behind the kind.
    let slash = what.rfind('/').map_or(0, |at| at + 1);
    let (api, rest) = what.split_at(slash);
    let (name, path) = rest.split_once('.').unwrap_or((rest, ""));
    let api = api.trim_end_matches('/');
    let known = |kind: &Kind| !kind.minors().within(minors).is_empty();
    let matches = |kind: &Kind| {
        let of_name = kind.kind().eq_ignore_ascii_case(name) || kind.plural().eq_ignore_ascii_case(name);
        known(kind) && of_name && (api.is_empty() || kind.api_version() == api)
    };
    let mut found: Vec<Kind> = Kind::all().filter(matches).collect();
    // Of several versions the stable one, which sorts before its betas, then the group with the shorter name.
    found.sort_by_key(|kind| {
        (kind.is_off_by_default(), kind.api_version().contains("alpha"), kind.api_version().contains("beta"))
    });
    let Some(kind) = found.first().copied() else {
        let meant = nearest(name, Kind::all().filter(known).map(Kind::kind));
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        return Err(format!("no built-in kind is called {what}{meant}"));
    };
    let mut text = String::new();
    _ = writeln!(text, "{} {}", kind.api_version(), kind.kind());
    let mut def = kind.def();
    let mut trail: Vec<Field> = Vec::new();
    for step in path.split('.').filter(|step| !step.is_empty()) {
        if let Some(leaf) = trail.last().filter(|field| structure(field.ty()).is_none()) {
            return Err(format!("{} is {} and has no field {step}", leaf.name(), words(leaf.ty())));
        }
        let Some(field) = def.field(step).find(|field| !field.minors().within(minors).is_empty()) else {
            let meant = nearest(step, def.fields().map(Field::name));
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
            return Err(format!("{} has no field {step}{meant}", def.name()));
        };
        trail.push(field);
        def = structure(field.ty()).unwrap_or(def);
    }
    // What objects are made from may change; what was made may not.
    let is_free = path.split('.').any(|step| matches!(step, "jobTemplate" | "volumeClaimTemplate"));
    let describe = |trail: &[Field]| {
        let values = allowed::values(kind, trail, minors);
        trail.last().map_or(String::new(), |field| describe(*field, &values, minors, is_free))
    };
    if !trail.is_empty() {
        _ = writeln!(text, "{path}: {}", describe(&trail));
    }
    if trail.last().is_none_or(|field| structure(field.ty()).is_some()) {
        for field in def.fields().filter(|field| !field.minors().within(minors).is_empty()) {
            trail.push(field);
            _ = writeln!(text, "  {:<32} {}", field.name(), describe(&trail));
            trail.pop();
        }
    }
    for other in found.iter().skip(1) {
        _ = writeln!(text, "also: {}/{}", other.api_version(), other.kind());
    }
    Ok(text)
}

/// A path without the indices and the keys that findings write: `spec.containers[0].env`, `data[a.b]`.
pub(super) fn without_brackets(path: &str) -> String {
    let mut depth = 0_usize;
    let mut text = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => text.push(letter),
            _ => {}
        }
    }
    text
}

/// The struct that a type holds, through lists and maps.
fn structure(ty: Type) -> Option<Def> {
    match ty {
        Type::Struct(def) => Some(def),
        Type::List(inner) | Type::Map(inner) => structure(inner.ty()),
        Type::Scalar(_) => None,
    }
}

fn words(ty: Type) -> String {
    let of = |inner: TypeId| words(inner.ty());
    match ty {
        Type::Scalar(scalar) => scalar.word().to_owned(),
        Type::Struct(def) => def.name().rsplit('.').next().unwrap_or_default().to_owned(),
        Type::List(inner) => format!("list of {}", of(inner)),
        Type::Map(inner) => format!("map to {}", of(inner)),
    }
}

fn describe(field: Field, values: &[String], minors: MinorSet, is_free: bool) -> String {
    let mut parts = vec![words(field.ty())];
    if !field.enforced().within(minors).is_empty() {
        parts.push("required".to_owned());
    }
    if !values.is_empty() {
        let values: Vec<String> =
            values.iter().map(|value| if value.is_empty() { "\"\"".to_owned() } else { value.clone() }).collect();
        parts.push(format!("one of {}", values.join(", ")));
    }
    if let Some(facts) = field.facts() {
        parts.extend(facts.default().map(|default| format!("default {default}")));
        parts.extend(facts.range().map(|(low, high)| match high {
            i64::MAX => format!("at least {low}"),
            high => format!("{low} to {high}"),
        }));
        if facts.is_immutable() && !is_free {
            parts.push("immutable".to_owned());
        }
    }
    let keys: Vec<&str> = field.list_keys().collect();
    if !keys.is_empty() {
        parts.push(format!("keyed by {}", keys.join("+")));
    }
    if field.minors() != MinorSet::ALL {
        parts.push(range(field.minors()));
    }
    parts.join(", ")
}

/// What comes and goes between two minors: kinds, fields, and what becomes required.
#[must_use]
pub fn diff(old: Minor, new: Minor) -> String {
    let (before, after) = (MinorSet::of(old), MinorSet::of(new));
    let sign = |known: MinorSet| match (known.within(before).is_empty(), known.within(after).is_empty()) {
        (true, false) => Some('+'),
        (false, true) => Some('-'),
        _ => None,
    };
    let mut lines: Vec<(String, char, String)> = Vec::new();
    for kind in Kind::all() {
        if let Some(sign) = sign(kind.minors()) {
            let instead = kind.instead().map_or(String::new(), |instead| format!(" (use {instead})"));
            lines.push(("kinds".to_owned(), sign, format!("{} {}{instead}", kind.api_version(), kind.kind())));
        }
    }
    for def in Def::all().filter(|def| sign(def.minors()).is_none()) {
        let mut fields: BTreeMap<&str, (MinorSet, MinorSet)> = BTreeMap::new();
        for field in def.fields() {
            let known = fields.entry(field.name()).or_default();
            *known = (known.0.and(field.minors()), known.1.and(field.enforced()));
        }
        for (name, (known, required)) in fields {
            if let Some(sign) = sign(known) {
                lines.push((def.name().to_owned(), sign, name.to_owned()));
            } else if let Some(sign) = sign(required) {
                lines.push((def.name().to_owned(), sign, format!("{name} is required")));
            }
        }
    }
    let mut text = String::new();
    let mut group = String::new();
    for (of, sign, line) in lines {
        if of != group {
            _ = writeln!(text, "{of}");
            group = of;
        }
        _ = writeln!(text, "  {sign} {line}");
    }
    if text.is_empty() {
        _ = writeln!(text, "{old} and {new} have the same built-in kinds and fields");
    }
    text
}

/// A set as a range; all sets of the table are one.
fn range(minors: MinorSet) -> String {
    let minors: Vec<Minor> = minors.minors().collect();
    match minors.as_slice() {
        [] => "no minor".to_owned(),
        [one] => format!("only {one}"),
        [first, .., last] => match (Some(first) == MINORS.first(), Some(last) == MINORS.last()) {
            (false, true) => format!("from {first}"),
            (true, false) => format!("until {last}"),
            (true, true) | (false, false) => format!("{first}–{last}"),
        },
    }
}
