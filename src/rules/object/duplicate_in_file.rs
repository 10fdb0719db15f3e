//! `object/duplicate-in-file`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::{Check, Context, Draft, Subject, is_enough};
use crate::finding::Severity;
use crate::rules::{By, Rule};

/// `object/duplicate-in-file`.
pub const RULE: Rule = Rule {
    id: "object/duplicate-in-file",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kustomize"),
    basis: "kustomize: may not add resource with an already registered id; kubectl applies one after the other",
    summary: "A file defines the same object twice.",
    explanation: "\
Two documents of one file have the same group, kind, namespace and name. kubectl applies the first and at once \
overwrites it with the second; kustomize and Flux refuse the file (`already registered id`).

Remove one, or give it its own name.",
};

/// Annotations by which Config Sync applies an object to some clusters or namespaces only, and another of the same name to
/// others.
const SELECTORS: [&str; 3] = [
    "configmanagement.gke.io/cluster-selector",
    "configmanagement.gke.io/namespace-selector",
    "configsync.gke.io/cluster-name-selector",
];

/// Looks for equal keys among the objects of a file.
#[derive(Debug)]
pub struct DuplicateInFile;

impl Check for DuplicateInFile {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&RULE]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::File(file) = subject else { return };
        let before = drafts.len();
        let mut first = HashMap::new();
        for object in
            file.objects.iter().filter(|object| !object.key.name.is_empty() && !object.key.name.ends_with('*'))
        {
            if is_enough(drafts, before) {
                return;
            }
            // kustomize knows nothing of these.
            let selected = (!file.role.read_by_kustomize()).then(|| SELECTORS.map(|name| object.annotation(name)));
            let Some(earlier) = first.insert((&object.key, selected), object) else { continue };
            let mut draft =
                Draft::at(&RULE, object, "/metadata/name", format!("{} is already defined in this file", object.key))
                    .detail(object.key.to_string());
            let at = earlier.span("/metadata/name");
            draft.related.push(("the other one is here".to_owned(), Arc::clone(earlier.source()), at));
            if !file.role.read_by_kustomize() {
                draft.authority = By::Client("kubectl").authority();
            }
            // The finding is the file's; the object's own findings are told apart by the detail.
            draft.pointer.clear();
            drafts.push(draft);
        }
    }
}
