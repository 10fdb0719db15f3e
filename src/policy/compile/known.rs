//! What is known of builtin functions.

use crate::policy::builtins::signature;

/// How many arguments a builtin takes; nothing when OPA has none of this name.
pub(super) fn arity(name: &str) -> Option<usize> {
    signature(name).map(|found| found.arguments.len())
}
