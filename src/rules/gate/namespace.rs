//! `gate/namespace-label-weakened`.

use super::NAMESPACE_LABEL_WEAKENED;
use crate::check::{Check, Context, Draft, Review, Subject};
use crate::finding::Operation;
use crate::manifest::object::Object;
use crate::rules::Rule;
use crate::yaml::{Value, pointer};

const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];
const MODES: [&str; 3] = ["enforce", "warn", "audit"];
const GATEKEEPER_IGNORE: &str = "admission.gatekeeper.sh/ignore";

/// Compares the labels of a Namespace before and after.
#[derive(Debug)]
pub struct NamespaceLabels;

impl Check for NamespaceLabels {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&NAMESPACE_LABEL_WEAKENED]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { operation: Operation::Update, old: Some(old), new: Some(new), .. }) = subject
        else {
            return;
        };
        if !new.key.group.is_empty() || new.key.kind != "Namespace" {
            return;
        }
        for mode in MODES {
            let name = format!("pod-security.kubernetes.io/{mode}");
            let (before, after) = (level(old, &name, mode), level(new, &name, mode));
            let is_known = |value| new.unknown(value).is_none();
            if after < before && new.value().path(&["metadata", "labels", &name]).is_none_or(is_known) {
                let word = |level: usize| LEVELS.get(level).copied().unwrap_or("privileged");
                let message = if label(new, &name).is_some() {
                    format!("{name} goes from {} to {}", word(before), word(after))
                } else {
                    format!("{name}: {} is removed; the cluster's default holds, usually privileged", word(before))
                };
                drafts.push(Draft::at(&NAMESPACE_LABEL_WEAKENED, new, &at(&name), message).detail(mode));
            }
        }
        if label(old, GATEKEEPER_IGNORE).is_none() && label(new, GATEKEEPER_IGNORE).is_some() {
            let message = "the label takes the Namespace out of Gatekeeper's policies";
            drafts
                .push(Draft::at(&NAMESPACE_LABEL_WEAKENED, new, &at(GATEKEEPER_IGNORE), message).detail("gatekeeper"));
        }
    }
}

fn at(label: &str) -> String {
    pointer::child("/metadata/labels", label)
}

fn label<'a>(namespace: &'a Object, name: &str) -> Option<&'a str> {
    namespace.value().path(&["metadata", "labels", name]).and_then(Value::as_str)
}

/// Position in [`LEVELS`]; an absent level asks for nothing. An unknown one is the strictest to enforce, and nothing to warn
/// of, as for the admission plugin.
fn level(namespace: &Object, name: &str, mode: &str) -> usize {
    let unknown = if mode == "enforce" { LEVELS.len() - 1 } else { 0 };
    label(namespace, name).map_or(0, |value| LEVELS.iter().position(|level| *level == value).unwrap_or(unknown))
}
