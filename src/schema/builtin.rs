//! The verdict on an object of a built-in kind.

use std::collections::HashSet;

use super::decode::{Decoded, decode};
use super::minors::MinorSet;
use super::problem::{Cause, Problem};
use super::stored::Stored;
use super::table::Kind;
use super::values;
use crate::manifest::object::Object;

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
    let is_error = |problem: &Problem| problem.cause != Cause::Warning;
    let old = old.map(|old| alone(old, kind, minors, true)).filter(|old| !old.problems.iter().any(is_error));
    let mut judged = alone(object, kind, minors, old.is_none());
    if let Some(old) = old {
        let mut cx = values::Cx::new(&judged.stored, minors).updating();
        values::validate_update(&mut cx, kind, judged.stored.root(), old.stored.root());
        judged.problems.extend(cx.finish());
        distinct(&mut judged.problems);
    }
    judged
}

/// The verdict on an object that is created, or on what is checked alike when it replaces another one.
fn alone(object: &Object, kind: Kind, minors: MinorSet, is_create: bool) -> Judged {
    let Decoded { mut stored, mut problems, missing } = decode(object, kind, minors);
    values::defaults(&mut stored, kind);
    let cx = values::Cx::new(&stored, minors);
    let mut cx = if is_create { cx } else { cx.updating() };
    values::validate(&mut cx, kind, stored.root());
    problems.extend(cx.finish());
    let told = Told::new(&problems);
    // What lies below `status` is the server's own.
    let is_news = |missing: &Problem| !missing.pointer.starts_with("/status/") && !told.covers(&missing.pointer);
    let missing: Vec<Problem> = missing.into_iter().filter(is_news).collect();
    problems.extend(missing);
    distinct(&mut problems);
    Judged { stored, problems }
}

/// The places that problems speak of already.
struct Told {
    /// Of these, and of what they hold.
    wholes: HashSet<String>,
    /// Of these alone.
    fields: HashSet<String>,
}

impl Told {
    fn new(problems: &[Problem]) -> Self {
        let pointers = |is_field: bool| {
            problems
                .iter()
                .filter(|problem| problem.cause != Cause::Warning && is_field == (problem.cause == Cause::UnknownField))
                .map(|problem| problem.pointer.clone())
                .collect()
        };
        Self { wholes: pointers(false), fields: pointers(true) }
    }

    fn covers(&self, pointer: &str) -> bool {
        let mut above = pointer.match_indices('/').filter_map(|(at, _)| pointer.get(..at)).chain([pointer]);
        self.fields.contains(pointer) || above.any(|above| self.wholes.contains(above))
    }
}

/// Two rules may say the same of one value: the first is kept.
fn distinct(problems: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    let mut is_new =
        |problem: &Problem| seen.insert((problem.field.clone(), problem.pointer.clone(), problem.message.clone()));
    problems.retain(|problem| is_new(problem));
}
