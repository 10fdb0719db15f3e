//! What the API server would say against an object: one cause of a refusal, or a warning.

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
