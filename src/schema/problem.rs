//! What the API server would say against an object: one cause of a refusal, or a warning.

use std::collections::HashSet;

use super::minors::MinorSet;

/// What kind of cause it is. The names are those of the server's causes, without `FieldValue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A field that the type does not have (strict decoding).
    UnknownField,
    /// The value cannot be decoded into the field's type.
    Type,
    /// `Required value`
    Required,
    /// `Invalid value`
    Invalid,
    /// `Invalid value: …: field is immutable`, and every other refusal because of the old object.
    Immutable,
    /// A claim asks for more storage: refused, unless it is bound and its class lets it grow.
    Growth,
    /// `Unsupported value`
    NotSupported,
    /// `Forbidden`
    Forbidden,
    /// `Duplicate value`
    Duplicate,
    /// `Too long`
    TooLong,
    /// `Too many`
    TooMany,
    /// `Not found`
    NotFound,
    /// The value has another type than the CRD's schema says (`FieldValueTypeInvalid`).
    TypeInvalid,
    /// Server-side apply: two items of a list have the same keys.
    DuplicateListKey,
    /// Accepted, with a warning.
    Warning,
}

/// Which way of applying raises a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Raised {
    /// Both.
    Always,
    /// Only POST and PUT, which client-side apply uses.
    ByPost,
    /// Only server-side apply.
    ByApply,
}

/// One cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub cause: Cause,
    /// The server's name of the field: `spec.containers[0].image`; empty for the whole object.
    pub field: String,
    /// JSON pointer within the object.
    pub pointer: String,
    /// The server's words without the field: `Required value`, `Invalid value: 3: must be …`.
    pub message: String,
    /// Who raises it.
    pub raised: Raised,
    /// The minors for which it holds.
    pub minors: MinorSet,
    /// What was probably meant: the name of the right field or value.
    pub suggestion: Option<String>,
    /// The whole of it concerns something that is not there, which an overlay may add.
    pub absent: bool,
}

impl Problem {
    /// The server's sentence: `field: message`.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }
}

/// What POST and PUT say of an object, and what server-side apply says of what it makes of it.
pub(super) fn either_way(posted: Vec<Problem>, applied: Vec<Problem>) -> Vec<Problem> {
    // An item of a set stands elsewhere once the set is merged.
    let place = |problem: &Problem| match problem.cause {
        Cause::Warning => problem.field.clone(),
        _ => problem.pointer.clone(),
    };
    // What is shown of a value may differ with what becomes of it.
    let why = |problem: &Problem| problem.message.rsplit(": ").next().unwrap_or_default().to_owned();
    let name = |problem: &Problem| (place(problem), problem.cause, why(problem));
    let both: HashSet<_> = applied.iter().filter(|problem| problem.raised != Raised::ByPost).map(name).collect();
    let mut all = Vec::with_capacity(posted.len());
    let mut told = HashSet::new();
    for mut problem in posted {
        match (problem.raised, both.contains(&name(&problem))) {
            (Raised::ByApply, false) => continue,
            (Raised::Always, false) => problem.raised = Raised::ByPost,
            _ => {}
        }
        told.insert(name(&problem));
        all.push(problem);
    }
    let only = applied.into_iter().filter(|problem| problem.raised != Raised::ByPost && !told.contains(&name(problem)));
    all.extend(only.map(|problem| Problem { raised: Raised::ByApply, ..problem }));
    all
}
