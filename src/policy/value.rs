//! Manifests as values of policies.

use std::collections::{BTreeMap, HashMap};

use regorus::Value;

use crate::manifest::object::Object;
use crate::yaml::{self, Kind, NodeId};

/// A value of a manifest. What `leave_out` says of is absent: an item of a list leaves its place to null.
#[must_use]
pub fn of(value: yaml::Value<'_>, leave_out: &dyn Fn(yaml::Value<'_>) -> bool) -> Value {
    convert(value, leave_out, &mut HashMap::new())
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
fn convert(
    value: yaml::Value<'_>,
    leave_out: &dyn Fn(yaml::Value<'_>) -> bool,
    known: &mut HashMap<NodeId, Value>,
) -> Value {
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
            let made = if value.kind() == Kind::Sequence {
                let item = |item| if leave_out(item) { Value::Null } else { convert(item, leave_out, known) };
                Value::from(value.items().map(item).collect::<Vec<_>>())
            } else {
                let entries = value.entries().filter(|(.., value)| !leave_out(*value));
                let fields = entries.map(|(key, _, value)| (Value::from(key), convert(value, leave_out, known)));
                Value::from(fields.collect::<BTreeMap<_, _>>())
            };
            known.insert(value.id(), made.clone());
            made
        }
    }
}
