//! What cannot be said for certain while a value is not known: it satisfies any check on itself, wherever it is made.

use super::problem::{Cause, Problem};
use crate::manifest::object::Object;
use crate::manifest::unknown::{each_scalar, is_placeholder};
use crate::yaml::{Value, pointer};

/// Take away what an unknown value of an object, or of the one that it replaces, may cure: a problem that quotes it, one
/// about fields that it decides on, and a forbidden change of what holds it.
pub(super) fn settle(problems: &mut Vec<Problem>, object: &Object, old: Option<&Object>) {
    let sides: Vec<&Object> = [Some(object), old].into_iter().flatten().filter(|object| object.has_unknown()).collect();
    if sides.is_empty() || problems.is_empty() {
        return;
    }
    let quoted: Vec<&str> = sides.iter().flat_map(|side| unknown_texts(side, side.value())).collect();
    let is_certain = |problem: &Problem| {
        let below = |side: &&Object| {
            let found = pointer::find(side.value(), &problem.pointer);
            found.exact && holds_unknown(side, found.value)
        };
        let is_change = matches!(problem.cause, Cause::Immutable | Cause::Growth) && sides.iter().any(below);
        let is_quoted = || quoted.iter().any(|text| is_placeholder(text) && problem.message.contains(text));
        let is_undecided = || depends(problem) && is_undecided(object, problem);
        !is_change && !is_quoted() && !is_undecided()
    };
    problems.retain(is_certain);
}

/// It says which other fields must be there for this one, or this one for others.
fn depends(problem: &Problem) -> bool {
    matches!(problem.cause, Cause::Forbidden | Cause::Required) || problem.message.contains("may only be ")
}

/// The field that decides whether this one must or may be there is not known: a Service's type, and the operator beside
/// values.
fn is_undecided(object: &Object, problem: &Problem) -> bool {
    let Some((holder, field)) = problem.pointer.rsplit_once('/') else { return false };
    let deciding = match field {
        "value" | "values" => "operator",
        _ if holder == "/spec" && object.key.kind == "Service" => "type",
        _ => return false,
    };
    let found = pointer::find(object.value(), holder);
    found.exact && found.value.get(deciding).is_some_and(|value| object.unknown(value).is_some())
}

fn holds_unknown(object: &Object, value: Value<'_>) -> bool {
    let mut any = false;
    each_scalar(value, &|_| true, &mut |value| any |= object.unknown(value).is_some());
    any
}

fn unknown_texts<'a>(object: &Object, value: Value<'a>) -> Vec<&'a str> {
    let mut texts = Vec::new();
    each_scalar(value, &|_| true, &mut |value| {
        texts.extend(object.unknown(value).and_then(|_| value.as_str()));
    });
    texts
}
