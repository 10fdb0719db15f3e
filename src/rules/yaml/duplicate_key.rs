//! `yaml/duplicate-key` and `yaml/key-collision`.

use std::sync::Arc;

use crate::check::{Check, Context, Draft, Subject, is_enough};
use crate::finding::Severity;
use crate::rules::{By, Rule};
use crate::yaml::Dialect;

/// `yaml/duplicate-key`.
pub const RULE: Rule = Rule {
    id: "yaml/duplicate-key",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kubectl"),
    basis: "kubectl keeps the last of two equal keys; kustomize and the API server's strict decoding refuse them",
    summary: "A mapping has the same key twice.",
    explanation: "\
kubectl keeps the last value of a repeated key and drops the earlier ones without a word; kustomize and Flux refuse the \
file (`mapping key already defined`), and so does the API server when it gets the YAML itself. What the cluster runs \
depends on who applies it.

Remove one of the two, or merge them.",
};

/// `yaml/key-collision`.
pub const KEY_COLLISION: Rule = Rule {
    id: "yaml/key-collision",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kubectl"),
    basis: "keys become strings in kubectl's conversion to JSON, and Go keeps a random one of two that collide",
    summary: "Two keys that differ in YAML are the same string for the cluster.",
    explanation: "\
Every key becomes a string on the way to the API server: `1:` and `\"1\":` are both `\"1\"`, `yes:` and `true:` are both \
`\"true\"`. Not even strict decoding notices, and which of the two values wins is random.

Quote the keys and remove one.",
};

/// Turns the reader's duplicates into findings.
#[derive(Debug)]
pub struct DuplicateKey;

impl Check for DuplicateKey {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&RULE, &KEY_COLLISION]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::File(file) = subject else { return };
        let first = drafts.len();
        for (index, document) in file.documents.iter().enumerate() {
            if !file.judges_document(index) {
                continue;
            }
            for duplicate in &document.duplicates {
                if is_enough(drafts, first) {
                    return;
                }
                let key = &duplicate.key;
                let (rule, message) = if duplicate.collision {
                    (&KEY_COLLISION, format!("two keys are both \"{key}\" for the cluster; which one wins is random"))
                } else {
                    (&RULE, format!("key \"{key}\" already set in map"))
                };
                let mut draft = Draft::new(rule, &file.source, duplicate.second, message)
                    .detail(key.clone())
                    .help("remove one of the two");
                if file.dialect == Dialect::Kustomize {
                    draft.authority = By::Client("kustomize").authority();
                }
                draft.related.push((format!("\"{key}\" is first set here"), Arc::clone(&file.source), duplicate.first));
                drafts.push(draft);
            }
        }
    }
}
