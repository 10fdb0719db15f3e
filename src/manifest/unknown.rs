//! Values that something replaces before the cluster sees them: what Git says of them is not what they will be.

use std::collections::{HashMap, HashSet};

use super::object;
use crate::yaml::{Document, NodeId, Value};

/// The unknown values of a document, and what replaces each.
pub type Unknown = HashMap<NodeId, &'static str>;

/// What the document itself says: values that SOPS encrypted, and names that are a Go template's hole.
///
/// Anywhere but in an identity, `{{ … }}` is taken for the text that it is: many kinds carry templates (alerts,
/// `ApplicationSet`, `ExternalSecret`), and no object that parses says whether somebody executes it first.
#[must_use]
pub fn of(document: &Document) -> Unknown {
    let mut unknown = Unknown::new();
    if object::is_encrypted(document) {
        each_scalar(document.root(), &|key| key != "sops", &mut |value| {
            if value.as_str().is_some_and(|text| text.starts_with("ENC[")) {
                unknown.insert(value.id(), "encrypted by SOPS");
            }
        });
    }
    for root in object::roots(document) {
        for field in ["name", "namespace", "generateName"] {
            let value = root.path(&["metadata", field]);
            let is_hole = |value: &Value<'_>| value.as_str().is_some_and(|text| text.contains("{{"));
            unknown.extend(value.filter(is_hole).map(|value| (value.id(), "a hole of a Go template")));
        }
    }
    unknown
}

/// Visit every scalar below a value once, however many aliases lead to it.
pub(super) fn each_scalar<'a>(root: Value<'a>, enter: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(Value<'a>)) {
    let mut seen = HashSet::new();
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        if value.is_scalar() {
            visit(value);
        } else if seen.insert(value.id()) {
            open.extend(value.entries().filter(|(key, ..)| enter(key)).map(|(_, _, value)| value));
            open.extend(value.items());
        }
    }
}
