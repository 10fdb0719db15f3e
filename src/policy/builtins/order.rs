//! OPA's order of values, in which objects stand before sets; the engine has them the other way round.

use std::cmp::Ordering;

use regorus::Value;
use regorus::value::Set;

/// The place of a type.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Undefined => 0,
        Value::Null => 1,
        Value::Bool(_) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
        Value::Set(_) => 7,
    }
}

/// OPA's order of two values.
pub(in crate::policy) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => in_turn(left.iter(), right.iter()),
        (Value::Set(left), Value::Set(right)) => in_turn(sorted(left).into_iter(), sorted(right).into_iter()),
        (Value::Object(left), Value::Object(right)) => {
            let fields = |fields: &regorus::value::Object| -> Vec<Value> {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by(|left, right| compare(left.0, right.0));
                fields.into_iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect()
            };
            in_turn(fields(left).iter(), fields(right).iter())
        }
        _ => rank(left).cmp(&rank(right)).then_with(|| left.cmp(right)),
    }
}

/// The first difference decides, then the length.
fn in_turn<'v>(
    left: impl ExactSizeIterator<Item = &'v Value>,
    right: impl ExactSizeIterator<Item = &'v Value>,
) -> Ordering {
    let length = left.len().cmp(&right.len());
    left.zip(right).map(|(left, right)| compare(left, right)).find(|order| order.is_ne()).unwrap_or(length)
}

/// The elements of a set in OPA's order.
pub(in crate::policy) fn sorted(set: &Set) -> Vec<&Value> {
    let mut items: Vec<&Value> = set.iter_sorted().collect();
    // Without collections there is no difference.
    if items.last().is_some_and(|item| rank(item) >= 5) {
        items.sort_by(|left, right| compare(left, right));
    }
    items
}
