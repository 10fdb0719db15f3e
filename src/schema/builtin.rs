//! The verdict on an object of a built-in kind.

use std::collections::{HashMap, HashSet};

use super::applied;
use super::decode::{Decoded, decode};
use super::doubt;
use super::gates;
use super::minors::MinorSet;
use super::problem::{Cause, Problem, either_way};
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
    let before = old.map(|old| alone(old, None, kind, minors));
    let refused = before.as_ref().map_or(MinorSet::NONE, Judged::refused);
    let accepted = minors.without(refused);
    if !refused.is_empty() && !accepted.is_empty() {
        let mut judged = judge(object, old, kind, accepted);
        merge(&mut judged.problems, judge(object, None, kind, refused).problems);
        return judged;
    }
    let before = before.as_ref().filter(|_| refused.is_empty()).map(|before| &before.stored);
    let mut judged = after(object, before, kind, minors);
    if let Some(applied) = before.and_then(|before| applied::applied(object, before, kind, minors)) {
        judged.problems = either_way(judged.problems, after(&applied, before, kind, minors).problems);
    }
    doubt::settle(&mut judged.problems, object, old);
    judged
}

/// The verdict on an object after the stored one that it replaces.
fn after(object: &Object, before: Option<&Stored>, kind: Kind, minors: MinorSet) -> Judged {
    let before = before.map(Stored::root);
    let mut judged = alone(object, before, kind, minors);
    if let Some(before) = before {
        let mut cx = values::Cx::new(&judged.stored, minors);
        cx.old = Some(before);
        values::validate_update(&mut cx, kind, judged.stored.root(), before);
        let mut transition = cx.finish();
        gates::forget_dropped(kind, judged.stored.root(), &mut transition);
        judged.problems.extend(transition);
        distinct(&mut judged.problems);
    }
    judged
}

/// An object of a built-in kind as the server would store it, whatever is wrong with it.
#[must_use]
pub fn stored(object: &Object, kind: Kind, minors: MinorSet) -> Stored {
    let mut stored = decode(object, kind, minors).stored;
    values::defaults(&mut stored, kind);
    stored
}

impl Judged {
    /// The minors that refuse the object.
    fn refused(&self) -> MinorSet {
        let causes = self.problems.iter().filter(|problem| problem.cause != Cause::Warning);
        causes.map(|problem| problem.minors).fold(MinorSet::NONE, MinorSet::and)
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
    let told = Told::new(&problems);
    // What lies below `status` is the server's own.
    let is_news = |missing: &Problem| !missing.pointer.starts_with("/status/") && !told.covers(&missing.pointer);
    let missing: Vec<Problem> = missing.into_iter().filter(is_news).collect();
    problems.extend(missing);
    gates::forget_dropped(kind, stored.root(), &mut problems);
    distinct(&mut problems);
    doubt::settle(&mut problems, object, None);
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

/// What other minors say of the same object: the same problem holds for all of them.
fn merge(problems: &mut Vec<Problem>, others: Vec<Problem>) {
    let key = |problem: &Problem| {
        (problem.cause, problem.raised, problem.field.clone(), problem.pointer.clone(), problem.message.clone())
    };
    let known: HashMap<_, usize> = problems.iter().enumerate().map(|(index, problem)| (key(problem), index)).collect();
    for other in others {
        match known.get(&key(&other)).and_then(|index| problems.get_mut(*index)) {
            Some(problem) => problem.minors = problem.minors.and(other.minors),
            None => problems.push(other),
        }
    }
}

/// Two rules may say the same of one value, or one rule in some minors and then in others: the first is kept, for all of them.
fn distinct(problems: &mut Vec<Problem>) {
    let all = std::mem::take(problems);
    let mut seen: HashMap<_, usize> = HashMap::new();
    for problem in all {
        let key = (problem.field.clone(), problem.pointer.clone(), problem.message.clone());
        if let Some(first) = seen.get(&key).and_then(|index| problems.get_mut(*index)) {
            first.minors = first.minors.and(problem.minors);
        } else {
            seen.insert(key, problems.len());
            problems.push(problem);
        }
    }
}
