//! Where a violation lies in its object.

use regorus::Value;

use super::violation::Violation;
use crate::check::DraftFix;
use crate::manifest::object::Object;
use crate::yaml::{self, pointer};

/// A place in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// JSON pointer.
    pub pointer: String,
    /// The policy speaks of something that is not there.
    pub absent: bool,
}

/// The place of a violation: the field that it names, else the one value of the object that its message quotes, else
/// the object.
#[must_use]
pub(super) fn of(object: &Object, violation: &Violation) -> Spot {
    below(object, violation, "")
}

/// [`of`] for what speaks of a part of the object, as of the Pod of a workload.
pub(super) fn below(object: &Object, violation: &Violation, part: &str) -> Spot {
    if let Some(field) = violation.field.as_deref().map(to_pointer) {
        let pointer = format!("{part}{field}");
        let absent = violation.absent || !pointer::find(object.value(), &pointer).exact;
        return Spot { pointer, absent };
    }
    let quoted = quoted(&violation.message);
    let pointer = quoted.iter().find_map(|text| only(object, part, text)).unwrap_or_else(|| part.to_owned());
    Spot { pointer, absent: violation.absent }
}

/// What tells a violation from others of its policy at its field. The message, where the policy says nothing else.
#[must_use]
pub(super) fn detail(violation: &Violation) -> String {
    match (&violation.field, &violation.details) {
        (Some(_), Value::Null) => String::new(),
        (None, Value::Null) => violation.message.clone(),
        (_, details) => details.to_json_str().unwrap_or_default(),
    }
}

/// A path (`spec.containers[0].image`, `metadata.labels["a.b/c"]`) as a JSON pointer; a pointer stays what it is.
#[must_use]
pub(super) fn to_pointer(path: &str) -> String {
    if path.starts_with('/') || path.is_empty() {
        return path.to_owned();
    }
    let mut pointer = String::new();
    let mut rest = path.strip_prefix("$.").unwrap_or(path);
    while !rest.is_empty() {
        let (token, after) = if let Some(inner) = rest.strip_prefix('[') {
            let (token, after) = inner.split_once(']').unwrap_or((inner, ""));
            (token.trim_matches(['"', '\'']), after)
        } else {
            rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()))
        };
        pointer = pointer::child(&pointer, token);
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    pointer
}

/// A path of keys and indexes, such as `walk` gives, as a JSON pointer.
pub(super) fn of_keys<'a>(mut keys: impl Iterator<Item = &'a Value>) -> Option<String> {
    keys.try_fold(String::new(), |path, key| match key {
        Value::String(key) => Some(pointer::child(&path, key)),
        Value::Number(index) => Some(pointer::child(&path, &index.as_u64()?.to_string())),
        _ => None,
    })
}

/// The texts that a message quotes: "…", '…', `…`, <…>.
fn quoted(message: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = message;
    while let Some(start) = rest.find(['"', '\'', '`', '<']) {
        let (mark, after) = rest.get(start..).map_or(("", ""), |from| from.split_at(1));
        let close = if mark == "<" { ">" } else { mark };
        let Some((text, behind)) = after.split_once(close) else { break };
        if !text.is_empty() {
            found.push(text);
        }
        rest = behind;
    }
    found
}

/// How many values of an object are looked through for the one that a message quotes.
const MOST_VALUES: usize = 100_000;

/// From a value to one that it holds.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The pointer of the one scalar below a part of an object with this text.
fn only(object: &Object, part: &str, text: &str) -> Option<String> {
    let mut found = None;
    // Every value that was seen, with the one that holds it.
    let mut seen = vec![(0, Step::Key(""), pointer::find(object.value(), part).value)];
    let mut at = 0;
    while let Some((_, _, value)) = seen.get(at).copied().filter(|_| at < MOST_VALUES) {
        if value.as_str() == Some(text) && found.replace(at).is_some() {
            return None;
        }
        seen.extend(value.entries().map(|(key, _, value)| (at, Step::Key(key), value)));
        seen.extend(value.items().enumerate().map(|(index, value)| (at, Step::Index(index), value)));
        at += 1;
    }
    let mut at = found.filter(|_| at == seen.len())?;
    let mut steps = Vec::new();
    while let Some((holder, step, _)) = seen.get(at).filter(|_| at > 0) {
        steps.push(*step);
        at = *holder;
    }
    let mut pointer = part.to_owned();
    for step in steps.iter().rev() {
        match step {
            Step::Key(key) => pointer::push(&mut pointer, key),
            Step::Index(index) => pointer::push(&mut pointer, &index.to_string()),
        }
    }
    Some(pointer)
}

/// The mend of a scalar that is there.
#[must_use]
pub(super) fn fix(object: &Object, spot: &Spot, fix: &Value) -> Option<DraftFix> {
    let found = pointer::find(object.value(), &spot.pointer);
    let span = pointer::span_of(&object.document, found.value.origin()).filter(|_| found.exact)?;
    let is_scalar = matches!(fix, Value::Bool(_) | Value::Number(_) | Value::String(_));
    let written = object.source().text.get(span.range())?;
    if !is_scalar || !found.value.is_scalar() || written.contains('\n') || found.value.kind() == yaml::Kind::Null {
        return None;
    }
    let json = fix.to_json_str().ok()?;
    let is_plain = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./@:".contains(&byte))
            && !text.ends_with(':')
    };
    let replacement = match fix {
        Value::String(text) if is_plain(text) && !is_word(text) => text.to_string(),
        _ => json,
    };
    Some(DraftFix { title: format!("change the value to {replacement}"), span, replacement })
}

/// A word that YAML reads as something else than a text.
fn is_word(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str())
}
