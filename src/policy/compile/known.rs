//! What is known of builtin functions.

/// How many arguments a builtin takes; nothing when OPA has none of this name.
pub(super) fn arity(name: &str) -> Option<usize> {
    match name {
        "plus" | "minus" | "mul" | "div" | "rem" | "and" | "or" | "equal" | "neq" | "lt" | "lte" | "gt" | "gte"
        | "eq" | "assign" | "internal.member_2" | "walk_" => Some(2),
        "internal.member_3" => Some(3),
        "internal.template_string" | "walk" => Some(1),
        _ => regorus::unstable::BUILTINS.get(name).map(|builtin| usize::from(builtin.1)),
    }
}
