//! When a change changes nothing: `equality.Semantic.DeepEqual` on what the server decoded.

use std::collections::HashMap;

use crate::schema::text::quantity;
use crate::yaml::{Kind, Value};

/// Maps of quantities.
const QUANTITIES: [&str; 5] = ["capacity", "limits", "overhead", "requests", "hard"];
/// Quantities.
const QUANTITY: [&str; 4] = ["averageValue", "divisor", "sizeLimit", "tolerance"];
/// Structs whose presence says something, even if they are empty. Other empty collections are as good as none.
const PRESENCE: [&str; 12] = [
    "affinity",
    "dnsConfig",
    "emptyDir",
    "lifecycle",
    "namespaceSelector",
    "nodeAffinity",
    "os",
    "podAffinity",
    "podAntiAffinity",
    "rollingUpdate",
    "securityContext",
    "selector",
];
/// Scalars whose zero value is as good as none. For others the server tells the two apart.
const ZERO: [&str; 14] = [
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "paused",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "unschedulable",
    "weight",
];
/// Texts that differ from none even if they are empty.
const TEXTS: [&str; 6] =
    ["apiGroup", "containerName", "managedBy", "runtimeClassName", "storageClassName", "volumeAttributesClassName"];

/// The field is equal in both, present or not.
pub(super) fn same(new: Value<'_>, old: Value<'_>, field: &str) -> bool {
    same_values(field, new.get(field), old.get(field))
}

/// Two values of a field are equal, present or not.
pub(super) fn same_values(field: &str, new: Option<Value<'_>>, old: Option<Value<'_>>) -> bool {
    match (new, old) {
        (None, None) => true,
        (Some(value), None) | (None, Some(value)) => is_nothing(field, value),
        (Some(new), Some(old)) => match (new.kind(), old.kind()) {
            (Kind::Sequence, Kind::Sequence) => {
                new.items().len() == old.items().len()
                    && new.items().zip(old.items()).all(|(new, old)| same_values("", Some(new), Some(old)))
            }
            (Kind::Mapping, Kind::Mapping) => same_except(new, old, |_| false, QUANTITIES.contains(&field)),
            _ => new.same(old) || (QUANTITY.contains(&field) && same_quantity(new, old)),
        },
    }
}

/// Two mappings are equal, some keys aside.
pub(super) fn same_without(new: Value<'_>, old: Value<'_>, skip: &[&str]) -> bool {
    same_except(new, old, |key| skip.contains(&key), false)
}

fn same_except(new: Value<'_>, old: Value<'_>, skip: impl Fn(&str) -> bool, quantities: bool) -> bool {
    let equal = |key: &str, new: Option<Value<'_>>, old: Option<Value<'_>>| match (new, old) {
        (Some(new), Some(old)) if quantities => same_quantity(new, old),
        _ => skip(key) || same_values(key, new, old),
    };
    let in_step = new.entries().len() == old.entries().len()
        && new.entries().zip(old.entries()).all(|((new, ..), (old, ..))| new == old);
    if in_step {
        return new.entries().zip(old.entries()).all(|((key, _, new), (_, _, old))| equal(key, Some(new), Some(old)));
    }
    let mut rest: HashMap<&str, Value<'_>> = old.entries().map(|(key, _, value)| (key, value)).collect();
    new.entries().all(|(key, _, value)| equal(key, Some(value), rest.remove(key)))
        && rest.into_iter().all(|(key, value)| equal(key, None, Some(value)))
}

fn same_quantity(new: Value<'_>, old: Value<'_>) -> bool {
    new.same(old) || quantity::parse_value(new).is_ok_and(|new| quantity::parse_value(old) == Ok(new))
}

/// What the server decodes into the same as an absent field.
fn is_nothing(field: &str, value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null => true,
        Kind::Sequence => value.items().len() == 0,
        Kind::Mapping => value.entries().all(|(key, _, value)| is_nothing(key, value)) && !PRESENCE.contains(&field),
        Kind::String => value.as_str() == Some("") && !TEXTS.contains(&field),
        Kind::Bool => value.as_bool() == Some(false) && ZERO.contains(&field),
        Kind::Int => value.as_int() == Some(0) && ZERO.contains(&field),
        Kind::Float => false,
    }
}
