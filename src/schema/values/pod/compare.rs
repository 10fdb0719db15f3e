//! Whether two Pods, or parts of them, are the same to the server (`apiequality.Semantic.DeepEqual`).

use std::collections::HashMap;

use crate::schema::text::quantity;
use crate::yaml::{Kind, Origin, Value};

/// Structs and maps that are the same empty and absent.
const EMPTY: [&str; 14] = [
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
    "schedulingGroup",
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
const POINTERS: [&str; 39] = [
    "activeDeadlineSeconds",
    "adminAccess",
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

/// Which fields of structs do not count, by their paths below what is compared. An index is an empty step.
pub(in crate::schema) type Skip<'s> = &'s dyn Fn(&[&str]) -> bool;

/// The two are the same.
pub(in crate::schema) fn is_same(new: Option<Value<'_>>, old: Option<Value<'_>>) -> bool {
    is_same_without(new, old, &|_| false)
}

/// The two are the same, but for the fields that `skip` names.
pub(in crate::schema) fn is_same_without(new: Option<Value<'_>>, old: Option<Value<'_>>, skip: Skip<'_>) -> bool {
    difference(new, old, &mut Vec::new(), skip).is_none()
}

/// Where the two differ first, from the inside out; `path` is where they stand.
pub(super) fn difference<'v>(
    new: Option<Value<'v>>,
    old: Option<Value<'v>>,
    path: &mut Vec<&'v str>,
    skip: Skip<'_>,
) -> Option<Vec<String>> {
    let (new, old) = match (new, old) {
        // What was filled in stays as it was, unless the manifest says something else.
        (Some(new), Some(old)) if new.origin() == Origin::Default && old.origin() == Origin::Default => return None,
        (Some(new), Some(old)) => (new, old),
        (None, None) => return None,
        (Some(only), None) | (None, Some(only)) => return (!is_zero(only, path, skip)).then(Vec::new),
    };
    match (new.kind(), old.kind()) {
        (Kind::Mapping, Kind::Mapping) => {
            let key = path.last().copied().unwrap_or_default();
            let theirs: HashMap<&str, Value<'_>> = old.entries().map(|(key, _, value)| (key, value)).collect();
            let ours: HashMap<&str, Value<'_>> = new.entries().map(|(key, _, value)| (key, value)).collect();
            let is_map = MAPS.contains(&key);
            let is_amounts = matches!(key, "limits" | "requests" | "overhead");
            // In the order of the files, so that each run tells the same difference.
            let gone = old.entries().map(|(key, ..)| key).filter(|key| !ours.contains_key(key));
            new.entries().map(|(key, ..)| key).chain(gone).find_map(|field| {
                let (a, b) = (ours.get(field).copied(), theirs.get(field).copied());
                within(path, field, |path| match (a, b) {
                    _ if skip(path) => None,
                    (Some(a), Some(b)) if is_amounts || matches!(field, "sizeLimit" | "divisor") => {
                        (quantity::parse_value(a) != quantity::parse_value(b)).then(|| vec![field.to_owned()])
                    }
                    (Some(_), None) | (None, Some(_)) if is_map => Some(vec![field.to_owned()]),
                    _ => {
                        let mut found = difference(a, b, path, skip)?;
                        found.push(field.to_owned());
                        Some(found)
                    }
                })
            })
        }
        (Kind::Sequence, Kind::Sequence) => {
            if new.items().len() != old.items().len() {
                return Some(Vec::new());
            }
            new.items().zip(old.items()).enumerate().find_map(|(index, (new, old))| {
                let mut found = within(path, "", |path| difference(Some(new), Some(old), path, skip))?;
                found.push(index.to_string());
                Some(found)
            })
        }
        _ => (!new.same(old)).then(Vec::new),
    }
}

/// Go a step down for something.
fn within<'v, T>(path: &mut Vec<&'v str>, step: &'v str, of: impl FnOnce(&mut Vec<&'v str>) -> T) -> T {
    path.push(step);
    let found = of(path);
    path.pop();
    found
}

/// The field is one of a Pod's own, and of none of its containers and claims.
fn is_of_pod(path: &[&str]) -> bool {
    match path {
        [_] => true,
        [.., holder, "spec", _] => *holder != "volumeClaimTemplate",
        [.., holder, _] => *holder == "spec",
        [] => false,
    }
}

/// The value is the same as none at all.
fn is_zero<'v>(value: Value<'v>, path: &mut Vec<&'v str>, skip: Skip<'_>) -> bool {
    let key = path.last().copied().unwrap_or_default();
    match value.kind() {
        Kind::Null => true,
        Kind::Sequence => value.items().len() == 0,
        Kind::Mapping if MAPS.contains(&key) => value.entries().len() == 0,
        Kind::Mapping => {
            // A Pod's own, to which Go has a pointer.
            let is_of_pod = key == "resources" && is_of_pod(path);
            let is_nothing = |(field, _, value)| within(path, field, |path| skip(path) || is_zero(value, path, skip));
            // It goes with the only field that the server drops of it.
            let vanishes = key == "lifecycle" && value.entries().len() > 0;
            (vanishes || EMPTY.contains(&key) && !is_of_pod) && value.entries().all(is_nothing)
        }
        _ if POINTERS.contains(&key) => false,
        Kind::Bool => value.as_bool() == Some(false),
        Kind::Int => value.as_int() == Some(0),
        Kind::String => value.as_str() == Some(""),
        Kind::Float => false,
    }
}
