//! Operators by name, as OPA takes them: `equal(1, 1)`.

use std::cmp::Ordering;

use regorus::Value;

use super::{Args, Family};

pub(super) const FUNCTIONS: Family = &[
    ("and", |args| Ok(args.set(0)?.intersection(args.set(1)?).into_value())),
    ("equal", |args| Ok(compare(args, Ordering::is_eq))),
    ("gt", |args| Ok(compare(args, Ordering::is_gt))),
    ("gte", |args| Ok(compare(args, Ordering::is_ge))),
    ("internal.member_2", |args| Ok(member(None, args.value(0), args.value(1)))),
    ("internal.member_3", |args| Ok(member(Some(args.value(0)), args.value(1), args.value(2)))),
    ("lt", |args| Ok(compare(args, Ordering::is_lt))),
    ("lte", |args| Ok(compare(args, Ordering::is_le))),
    ("neq", |args| Ok(compare(args, Ordering::is_ne))),
    ("or", |args| Ok(args.set(0)?.union(args.set(1)?).into_value())),
    // The note goes nowhere: nobody reads a trace here.
    ("trace", |args| args.string(0).map(|_| Value::from(true))),
];

fn compare(args: Args<'_>, holds: fn(Ordering) -> bool) -> Value {
    Value::from(holds(super::compare(args.value(0), args.value(1))))
}

/// Whether a collection has a value, at a key if there is one.
fn member(key: Option<&Value>, value: &Value, collection: &Value) -> Value {
    let is_there = match (collection, key) {
        (Value::Array(items), None) => items.contains(value),
        (Value::Set(items), None) => items.contains(value),
        (Value::Object(fields), None) => fields.values().any(|held| held == value),
        (Value::Array(items), Some(Value::Number(at))) => {
            let at = at.as_u64().and_then(|at| usize::try_from(at).ok());
            at.and_then(|at| items.get(at)) == Some(value)
        }
        (Value::Set(items), Some(key)) => key == value && items.contains(value),
        (Value::Object(fields), Some(key)) => fields.get(key) == Some(value),
        _ => false,
    };
    Value::from(is_there)
}
