//! What is known of builtin functions.

use crate::policy::builtins::signature;

/// How many arguments a builtin takes; nothing when OPA has none of this name.
pub(super) fn arity(name: &str) -> Option<usize> {
    signature(name).map(|found| found.arguments.len())
}

/// What a builtin takes, in words.
pub(super) fn arguments(name: &str) -> String {
    let arguments = signature(name).map(|found| found.arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
    arguments.unwrap_or_default().join(", ")
}

/// Whether a call gives one value: not so for what goes through values or is no function.
pub(super) fn has_one_value(name: &str) -> bool {
    !matches!(name, "walk" | "print")
}
