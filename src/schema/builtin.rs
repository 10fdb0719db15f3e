//! The verdict on an object of a built-in kind.

use super::decode::{Decoded, decode};
use super::minors::MinorSet;
use super::problem::{Cause, Problem};
use super::stored::Stored;
use super::table::Kind;
use super::values;
use crate::manifest::object::Object;
use crate::yaml::Value;

/// What the server says of an object, and what it would store.
#[derive(Debug)]
pub struct Judged {
    /// The object as the server stores it.
    pub stored: Stored,
    /// In the server's order: decoding, then values, then what changed.
    pub problems: Vec<Problem>,
}

/// Judge an object of a built-in kind for some minors, after `old` where there is one.
#[must_use]
pub fn judge(object: &Object, old: Option<&Object>, kind: Kind, minors: MinorSet) -> Judged {
    // An old object that the server refuses was never there.
    let before = old.map(|old| alone(old, None, kind, minors)).filter(Judged::is_accepted);
    let before = before.as_ref().map(|before| before.stored.root());
    let mut judged = alone(object, before, kind, minors);
    if let Some(before) = before {
        let mut cx = values::Cx::new(&judged.stored, minors);
        cx.old = Some(before);
        values::validate_update(&mut cx, kind, judged.stored.root(), before);
        let transition = cx.finish();
        judged.problems.extend(transition);
        distinct(&mut judged.problems);
    }
    judged
}

impl Judged {
    fn is_accepted(&self) -> bool {
        self.problems.iter().all(|problem| problem.cause == Cause::Warning)
    }
}

/// The verdict on an object as it is; `old` for what stays of an object that is updated.
fn alone(object: &Object, old: Option<Value<'_>>, kind: Kind, minors: MinorSet) -> Judged {
    let Decoded { mut stored, mut problems, missing } = decode(object, kind, minors);
    values::defaults(&mut stored, kind);
    let mut cx = values::Cx::new(&stored, minors);
    cx.old = old;
    values::validate(&mut cx, kind, stored.root());
    problems.extend(cx.finish());
    // What lies below `status` is the server's own.
    let told = |missing: &Problem| {
        missing.pointer.starts_with("/status/") || problems.iter().any(|problem| covers(problem, missing))
    };
    let missing: Vec<Problem> = missing.into_iter().filter(|missing| !told(missing)).collect();
    problems.extend(missing);
    distinct(&mut problems);
    Judged { stored, problems }
}

/// The problem speaks of the same field already, or of something that holds it.
fn covers(problem: &Problem, missing: &Problem) -> bool {
    let rest = missing.pointer.strip_prefix(&problem.pointer);
    problem.cause != Cause::Warning
        && rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('/') && problem.cause != Cause::UnknownField))
}

/// Two rules may say the same of one value: the first is kept.
fn distinct(problems: &mut Vec<Problem>) {
    let mut kept: Vec<Problem> = Vec::with_capacity(problems.len());
    for problem in problems.drain(..) {
        let same = |other: &Problem| {
            other.field == problem.field && other.pointer == problem.pointer && other.message == problem.message
        };
        if !kept.iter().any(same) {
            kept.push(problem);
        }
    }
    *problems = kept;
}
