//! Manifests as values of policies.

use std::collections::{BTreeMap, HashMap};

use regorus::Value;

use crate::manifest::object::Object;
use crate::yaml::{self, Kind, NodeId};

/// A value of a manifest. What `leave_out` says of is absent: an item of a list leaves its place to null.
#[must_use]
pub fn of(value: yaml::Value<'_>, leave_out: &dyn Fn(yaml::Value<'_>) -> bool) -> Value {
    with(value, &|value| leave_out(value).then_some(Value::Undefined))
}

/// What stands in a value's place: none, the value itself; undefined, nothing.
pub(super) type InPlace<'a> = dyn Fn(yaml::Value<'_>) -> Option<Value> + 'a;

/// A value of a manifest with others in the place of some.
pub(super) fn with(value: yaml::Value<'_>, in_place: &InPlace<'_>) -> Value {
    convert(value, in_place, &mut HashMap::new())
}

/// A value of a manifest as it is written.
#[must_use]
pub fn whole(value: yaml::Value<'_>) -> Value {
    of(value, &|_| false)
}

/// An object as it is written, and, when values of it are not known, as it is without them.
#[must_use]
pub fn of_object(object: &Object) -> (Value, Option<Value>) {
    let is_unknown = |value: yaml::Value<'_>| object.unknown(value).is_some();
    let written = whole(object.value());
    let without = of(object.value(), &is_unknown);
    let differs = written != without;
    (written, differs.then_some(without))
}

/// What several aliases lead to is converted once: values share what they hold.
fn convert(value: yaml::Value<'_>, in_place: &InPlace<'_>, known: &mut HashMap<NodeId, Value>) -> Value {
    match value.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => Value::from(value.as_bool().unwrap_or_default()),
        Kind::Int => Value::from(value.as_int().unwrap_or_default()),
        Kind::Float => Value::from(value.as_float().unwrap_or_default()),
        Kind::String => Value::from(value.as_str().unwrap_or_default()),
        Kind::Sequence | Kind::Mapping => {
            if let Some(known) = known.get(&value.id()) {
                return known.clone();
            }
            let mut inner = |value| {
                let made = in_place(value).unwrap_or_else(|| convert(value, in_place, known));
                (made != Value::Undefined).then_some(made)
            };
            let made = if value.kind() == Kind::Sequence {
                Value::from(value.items().map(|item| inner(item).unwrap_or(Value::Null)).collect::<Vec<_>>())
            } else {
                let fields = value.entries().filter_map(|(key, _, value)| Some((Value::from(key), inner(value)?)));
                Value::from(fields.collect::<BTreeMap<_, _>>())
            };
            known.insert(value.id(), made.clone());
            made
        }
    }
}
