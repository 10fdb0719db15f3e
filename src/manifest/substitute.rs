//! Flux' variable substitution: what becomes of `${NAME}` and `${NAME:=default}` in an object.
//!
//! Flux writes the built object as YAML, replaces in that text, and reads it again. So a plain scalar gets a new type:
//! `"${REPLICAS:=3}"` becomes the integer 3, whatever quotes it has in Git. Source: `postBuild` in Flux'
//! kustomize-controller, and its envsubst. Keys are replaced there too; here they stay as they are.

use std::collections::HashSet;

use super::object;
use super::unknown::{Unknown, each_scalar};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Document, NodeId, Value};

/// Why a value is not known.
const REPLACED: &str = "replaced by Flux";

/// The label or annotation that turns it off for one object.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Deeper nesting of defaults is nobody's; such a text is left alone.
const DEPTH: u32 = 32;

/// Something in the text may be replaced.
#[must_use]
pub fn concerns(text: &str) -> bool {
    ["${", "$$"].iter().any(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
}

/// Replace in every object of a document. `set` are the variables that are known to have a value: their defaults do
/// not count.
pub(super) fn apply(document: &mut Document, set: &HashSet<String>, unknown: &mut Unknown) {
    let mut known: Vec<(NodeId, serde_json::Value)> = Vec::new();
    for root in object::roots(document).into_iter().filter(|root| !is_switched_off(*root)) {
        each_scalar(root, &|_| true, &mut |value| {
            let Some(text) = value.as_str().filter(|text| text.contains('$')) else { return };
            let new = match expand(text, set) {
                Expanded::Refused => return,
                Expanded::Unknown => None,
                Expanded::Known(new) => read_again(text, new),
            };
            match new {
                Some(new) => known.push((value.id(), new)),
                None => {
                    unknown.insert(value.id(), REPLACED);
                }
            }
        });
    }
    for (id, new) in known {
        document.set_scalar(id, &new);
    }
}

fn is_switched_off(object: Value<'_>) -> bool {
    ["labels", "annotations"].iter().any(|field| {
        object.path(&["metadata", field, SWITCH]).and_then(Value::as_str).is_some_and(|value| value == "disabled")
    })
}

/// What becomes of a text.
#[derive(Debug, PartialEq)]
enum Expanded {
    /// This.
    Known(String),
    /// It depends on a value that is not known.
    Unknown,
    /// Flux refuses it.
    Refused,
}

fn expand(text: &str, set: &HashSet<String>) -> Expanded {
    let mut known = Some(String::new());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        push(&mut known, Some(before));
        if let Some(inner) = from.strip_prefix("${") {
            let Some((value, after)) = variable(inner, set, 0) else { return Expanded::Refused };
            push(&mut known, value.as_deref());
            rest = after;
        } else {
            // `$$` stands for `$`; a `$` alone stands for itself.
            push(&mut known, Some("$"));
            rest = from.strip_prefix("$$").unwrap_or_else(|| from.get(1..).unwrap_or_default());
        }
    }
    push(&mut known, Some(rest));
    known.map_or(Expanded::Unknown, Expanded::Known)
}

fn push(known: &mut Option<String>, more: Option<&str>) {
    match (known.as_mut(), more) {
        (Some(text), Some(more)) => text.push_str(more),
        _ => *known = None,
    }
}

/// What follows `${`: its value where only a default decides it, and the text behind the closing brace.
fn variable<'t>(inner: &'t str, set: &HashSet<String>, depth: u32) -> Option<(Option<String>, &'t str)> {
    if depth > DEPTH {
        return None;
    }
    // `${#NAME}` is the length of a value.
    let (is_length, inner) = inner.strip_prefix('#').map_or((false, inner), |inner| (true, inner));
    let end = inner.find(|c: char| !c.is_alphanumeric() && c != '_').filter(|end| *end > 0)?;
    let (name, operator) = inner.split_at(end);
    if let Some(after) = operator.strip_prefix('}') {
        return Some((None, after));
    }
    if is_length {
        return None;
    }
    // Flux' envsubst takes all of these for a default.
    let default = ["=", ":=", ":-", ":?", ":+"].iter().find_map(|sign| operator.strip_prefix(sign));
    match default {
        Some(argument) => {
            let (value, after) = argument_of(argument, set, depth)?;
            Some((value.filter(|_| !set.contains(name)), after))
        }
        // Anything else cuts or changes the value.
        None if operator.starts_with([':', '/', '#', '%', ',', '^']) => {
            let (_, after) = argument_of(operator, set, depth)?;
            Some((None, after))
        }
        None => None,
    }
}

/// The text up to the closing brace, variables in it replaced.
fn argument_of<'t>(text: &'t str, set: &HashSet<String>, depth: u32) -> Option<(Option<String>, &'t str)> {
    let mut known = Some(String::new());
    let mut rest = text;
    loop {
        let at = rest.find(['}', '$'])?;
        let (before, from) = rest.split_at(at);
        push(&mut known, Some(before));
        if let Some(after) = from.strip_prefix('}') {
            return Some((known, after));
        }
        if let Some(inner) = from.strip_prefix("${") {
            let (value, after) = variable(inner, set, depth + 1)?;
            push(&mut known, value.as_deref());
            rest = after;
        } else {
            push(&mut known, Some("$"));
            rest = from.get(1..).unwrap_or_default();
        }
    }
}

/// What Flux reads where it had written `old` and `new` now stands; none when it is no scalar any more.
fn read_again(old: &str, new: String) -> Option<serde_json::Value> {
    if !is_written_plain(old) {
        return Some(new.into());
    }
    let stream = yaml::read_one(RepoPath::from(""), Side::Head, new.as_bytes(), Dialect::Kubectl);
    let root = stream.documents.first()?.root();
    (stream.problems.is_empty() && root.is_scalar()).then(|| root.to_json())
}

/// The YAML writer of `sigs.k8s.io/yaml` gives this text neither quotes nor a block.
fn is_written_plain(text: &str) -> bool {
    let starts_plain = !text.starts_with(|c: char| " #,[]{}&*!|>'\"%@`".contains(c))
        && !["- ", "? ", "---", "..."].iter().any(|start| text.starts_with(start));
    starts_plain
        && !text.ends_with([' ', ':'])
        && !text.contains(|c: char| c.is_control())
        && ![": ", " #"].iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Expanded {
        expand(text, &HashSet::from(["SET".to_owned()]))
    }

    #[test]
    fn replaces_as_envsubst() {
        let known = |text: &str| Expanded::Known(text.to_owned());
        let cases = [
            ("plain", known("plain")),
            ("${X}", Expanded::Unknown),
            ("a-${X}-b", Expanded::Unknown),
            ("${X:=3}", known("3")),
            ("${X:-3}", known("3")),
            ("${X=3}", known("3")),
            ("${X:+3}", known("3")),
            ("${X:=}", known("")),
            ("${SET:=3}", Expanded::Unknown),
            ("${X:=a${Y:=b}c}", known("abc")),
            ("${X:=a${Y}c}", Expanded::Unknown),
            ("${X:=$1}", known("$1")),
            ("$${X}", known("${X}")),
            ("$$${X:=1}", known("$1")),
            ("$X costs 5$", known("$X costs 5$")),
            ("${X:0:3}", Expanded::Unknown),
            ("${X/a/b} ${X^^} ${#X}", Expanded::Unknown),
            ("${X-3}", Expanded::Refused),
            ("${X", Expanded::Refused),
            ("${}", Expanded::Refused),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(text), expected, "{text}");
        }
        assert_eq!(expanded(&"${X:=".repeat(100_000)), Expanded::Refused);
    }

    #[test]
    fn reads_plain_text_again() {
        let cases = [
            ("${X:=3}", serde_json::json!(3)),
            ("${X:=yes}", serde_json::json!(true)),
            ("${X:=}", serde_json::Value::Null),
            ("${X:='3'}", serde_json::json!("3")),
            ("${X:=web}", serde_json::json!("web")),
            ("${X:=3}\n", serde_json::json!("3\n")),
            ("\"${X:=3}\"", serde_json::json!("\"3\"")),
            ("${X:=a: b}", serde_json::json!("a: b")),
        ];
        for (text, expected) in cases {
            let Expanded::Known(new) = expanded(text) else { unreachable!("{text} has a default") };
            assert_eq!(read_again(text, new), Some(expected), "{text}");
        }
        assert_eq!(read_again("${X:=[a]}", "[a]".into()), None, "a list is no scalar");
    }
}
