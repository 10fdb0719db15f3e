//! Whether two Pods, or parts of them, are the same to the server (`apiequality.Semantic.DeepEqual`).

use std::collections::HashMap;

use crate::schema::text::quantity;
use crate::yaml::{Kind, Origin, Value};

/// Structs and maps that are the same empty and absent.
const EMPTY: [&str; 13] = [
    "annotations",
    "labels",
    "limits",
    "matchLabels",
    "metadata",
    "nodeSelector",
    "options",
    "overhead",
    "podAffinityTerm",
    "preference",
    "requests",
    "resources",
    "volumeAttributes",
];
/// Those of them that are maps: an entry is there or not, whatever it says (`node-role.kubernetes.io/worker: ""`).
const MAPS: [&str; 9] = [
    "annotations",
    "labels",
    "limits",
    "matchLabels",
    "nodeSelector",
    "options",
    "overhead",
    "requests",
    "volumeAttributes",
];
/// Numbers, booleans and texts that are not the same absent as zero: Go has pointers for them.
const POINTERS: [&str; 38] = [
    "activeDeadlineSeconds",
    "allowPrivilegeEscalation",
    "automountServiceAccountToken",
    "containerName",
    "defaultMode",
    "enableServiceLinks",
    "fsGroup",
    "fsGroupChangePolicy",
    "gmsaCredentialSpec",
    "gmsaCredentialSpecName",
    "hostProcess",
    "hostUsers",
    "hostnameOverride",
    "initiatorName",
    "localhostProfile",
    "lun",
    "minDomains",
    "mode",
    "mountPropagation",
    "optional",
    "preemptionPolicy",
    "priority",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "recursiveReadOnly",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "runtimeClassName",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "storageClassName",
    "succeededCount",
    "succeededIndexes",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
    "volumeAttributesClassName",
];

/// The two are the same.
pub(in crate::schema) fn is_same(new: Option<Value<'_>>, old: Option<Value<'_>>) -> bool {
    difference(new, old, "", &|_| false).is_none()
}

/// The two are the same, but for the fields that `skip` names.
pub(in crate::schema) fn is_same_without(new: Option<Value<'_>>, old: Option<Value<'_>>, skip: &[&str]) -> bool {
    difference(new, old, "", &|field| skip.contains(&field)).is_none()
}

/// Where the two differ first, from the inside out; `key` is the field whose values they are. Fields of structs that
/// `skip` names are left out.
pub(super) fn difference(
    new: Option<Value<'_>>,
    old: Option<Value<'_>>,
    key: &str,
    skip: &dyn Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let (new, old) = match (new, old) {
        // What was filled in stays as it was, unless the manifest says something else.
        (Some(new), Some(old)) if new.origin() == Origin::Default && old.origin() == Origin::Default => return None,
        (Some(new), Some(old)) => (new, old),
        (None, None) => return None,
        (Some(only), None) | (None, Some(only)) => return (!is_zero(only, key)).then(Vec::new),
    };
    match (new.kind(), old.kind()) {
        (Kind::Mapping, Kind::Mapping) => {
            let theirs: HashMap<&str, Value<'_>> = old.entries().map(|(key, _, value)| (key, value)).collect();
            let ours: HashMap<&str, Value<'_>> = new.entries().map(|(key, _, value)| (key, value)).collect();
            let is_map = MAPS.contains(&key);
            let is_amounts = matches!(key, "limits" | "requests" | "overhead");
            let gone = theirs.keys().filter(|key| !ours.contains_key(*key)).copied();
            new.entries().map(|(key, ..)| key).chain(gone).filter(|key| !skip(key)).find_map(|field| {
                let (a, b) = (ours.get(field).copied(), theirs.get(field).copied());
                let mut found = match (a, b) {
                    (Some(a), Some(b)) if is_amounts || matches!(field, "sizeLimit" | "divisor") => {
                        (quantity::parse_value(a) != quantity::parse_value(b)).then(Vec::new)
                    }
                    (Some(_), None) | (None, Some(_)) if is_map => Some(Vec::new()),
                    _ => difference(a, b, field, skip),
                }?;
                found.push(field.to_owned());
                Some(found)
            })
        }
        (Kind::Sequence, Kind::Sequence) => {
            if new.items().len() != old.items().len() {
                return Some(Vec::new());
            }
            new.items().zip(old.items()).enumerate().find_map(|(index, (new, old))| {
                let mut found = difference(Some(new), Some(old), "", skip)?;
                found.push(index.to_string());
                Some(found)
            })
        }
        _ => (!new.same(old)).then(Vec::new),
    }
}

/// The value is the same as none at all.
fn is_zero(value: Value<'_>, key: &str) -> bool {
    match value.kind() {
        Kind::Null => true,
        Kind::Sequence => value.items().len() == 0,
        Kind::Mapping if MAPS.contains(&key) => value.entries().len() == 0,
        Kind::Mapping => EMPTY.contains(&key) && value.entries().all(|(field, _, value)| is_zero(value, field)),
        _ if POINTERS.contains(&key) => false,
        Kind::Bool => value.as_bool() == Some(false),
        Kind::Int => value.as_int() == Some(0),
        Kind::String => value.as_str() == Some(""),
        Kind::Float => false,
    }
}
