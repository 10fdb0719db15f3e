//! Values that something replaces before the cluster sees them: what Git says of them is not what they will be.

use std::collections::{HashMap, HashSet};

use super::object;
use crate::yaml::{Document, NodeId, Value};

/// The unknown values of a document, and what replaces each.
pub type Unknown = HashMap<NodeId, &'static str>;

/// What SOPS encrypted, and its own block, which is no part of the object: something decrypts it before it is applied.
pub(super) fn of_sops(document: &Document, unknown: &mut Unknown) {
    each_scalar(document.root(), &|key| key != "sops", &mut |value| {
        if value.as_str().is_some_and(|text| text.starts_with("ENC[")) {
            unknown.insert(value.id(), "encrypted by SOPS");
        }
    });
    unknown.extend(document.root().get("sops").map(|block| (block.id(), "removed by SOPS")));
}

/// What the document itself says: names that are a Go template's hole.
///
/// Anywhere but in an identity, `{{ … }}` is taken for the text that it is: many kinds carry templates (alerts,
/// `ApplicationSet`, `ExternalSecret`), and no object that parses says whether somebody executes it first.
#[must_use]
pub fn of(document: &Document) -> Unknown {
    let mut unknown = Unknown::new();
    for root in object::roots(document) {
        for field in ["name", "namespace", "generateName"] {
            let value = root.path(&["metadata", field]);
            let is_hole = |value: &Value<'_>| value.as_str().is_some_and(|text| text.contains("{{"));
            unknown.extend(value.filter(is_hole).map(|value| (value.id(), "a hole of a Go template")));
        }
    }
    unknown
}

/// What kustomize replaces in the objects that it takes, as far as that is known without rendering: `$(NAME)` of its
/// `vars`, and the name of a Namespace where it sets `namespace`.
pub(super) fn of_kustomize(
    document: &Document,
    variables: &HashSet<String>,
    sets_namespace: bool,
    unknown: &mut Unknown,
) {
    for root in object::roots(document) {
        if sets_namespace && root.get("kind").and_then(Value::as_str) == Some("Namespace") {
            let name = root.path(&["metadata", "name"]);
            unknown.extend(name.map(|name| (name.id(), "replaced by kustomize's namespace")));
        }
        if !variables.is_empty() {
            each_scalar(root, &|_| true, &mut |value| {
                let name =
                    value.as_str().and_then(|text| text.split_once("$(")?.1.split_once(')').map(|(name, _)| name));
                if name.is_some_and(|name| variables.contains(name)) {
                    unknown.insert(value.id(), "a variable of kustomize");
                }
            });
        }
    }
}

/// A text that stands for another: nobody means it as it is, so that what quotes it is about what comes in its place.
pub(crate) fn is_placeholder(text: &str) -> bool {
    ["${", "$(", "{{", "ENC["].iter().any(|mark| text.contains(mark))
}

/// Visit every scalar below a value once, however many aliases lead to it.
pub(crate) fn each_scalar<'a>(root: Value<'a>, enter: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(Value<'a>)) {
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
