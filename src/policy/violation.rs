//! What a policy says.

use regorus::Value;

use crate::finding::Severity;

/// One violation, before it becomes a finding with a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong, in the policy's words.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
    /// The field it speaks of: a JSON pointer (`/spec/replicas`) or a path (`spec.containers[0].image`).
    pub field: Option<String>,
    /// What tells it from others; null when the policy says nothing.
    pub details: Value,
    /// How to mend it.
    pub help: Option<String>,
    /// The value that would be right, for the field.
    pub fix: Option<Value>,
    /// It complains of something that is missing, which an overlay may add.
    pub absent: bool,
}
