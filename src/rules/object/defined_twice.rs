//! `object/defined-twice`: the change adds an object that another file of the same root, or folder, has already. What finds
//! it is in `pipeline/twice.rs`, because no file tells it alone.

use crate::finding::Severity;
use crate::rules::{By, Rule};

/// `object/defined-twice`.
pub const RULE: Rule = Rule {
    id: "object/defined-twice",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kustomize"),
    basis: "recorded answers of kustomize: may not add resource with an already registered id",
    summary: "The change adds an object that another file defines already.",
    explanation: "\
Two files that one kustomization takes, or that lie below one path of Flux, define an object of the same group, kind, \
namespace and name. kustomize refuses all of the root (`may not add resource with an already registered id`), so that \
nothing of it is deployed any more. Often a file was copied and the name forgotten.

Where no kustomization takes the files and they lie in one folder it is a warning: `kubectl apply -f` applies one after the \
other, so that the last one holds, or is refused where it changes what cannot be changed.

Give one of them another name, or remove it.",
};
