//! The verdict on an object of a built-in kind.

use super::decode::{Decoded, decode};
use super::minors::MinorSet;
use super::problem::{Cause, Problem};
use super::stored::Stored;
use super::table::Kind;
use super::{defaults, values};
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
    let (stored, mut problems) = stored(object, kind, minors);
    let mut cx = values::Cx::new(&stored, minors);
    values::validate(&mut cx, kind, stored.root(), None);
    problems.extend(cx.finish());
    if let Some(old) = old {
        problems.extend(transition(&stored, old, kind, minors));
    }
    distinct(&mut problems);
    Judged { stored, problems }
}

/// What the change itself does that the server refuses. An old object that the server refuses was never there.
fn transition(new: &Stored, old: &Object, kind: Kind, minors: MinorSet) -> Vec<Problem> {
    let (before, refused) = stored(old, kind, minors);
    let mut cx = values::Cx::new(new, minors);
    values::validate_update(&mut cx, kind, new.root(), before.root());
    let found = cx.finish();
    if found.is_empty() || !refused.is_empty() {
        return Vec::new();
    }
    let mut cx = values::Cx::new(&before, minors);
    values::validate(&mut cx, kind, before.root(), None);
    if cx.finish().iter().any(|problem| problem.cause != Cause::Warning) { Vec::new() } else { found }
}

fn stored(object: &Object, kind: Kind, minors: MinorSet) -> (Stored, Vec<Problem>) {
    let Decoded { mut stored, problems } = decode(object, kind, minors);
    defaults::fill(&mut stored, kind);
    (stored, problems)
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
