//! What a Flux Kustomization does with the texts that it deploys: it says so itself, or patches say it of many at one place.
//!
//! A Flux Kustomization's `spec.patches` and a kustomization's `patches` have one form. Selectors by label and name are
//! not looked at: what a patch may set counts as set.

use serde::{Deserialize, Serialize};

use crate::source::Side;
use crate::yaml::{self, Dialect, Kind, Value};

/// What is replaced and decrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FluxSettings {
    /// The names that `spec.postBuild.substitute` sets.
    pub variables: Vec<String>,
    /// `spec.postBuild.substituteFrom` is there, so that more names may be set.
    pub variables_from: bool,
    /// `spec.decryption` is there.
    pub decrypts: bool,
}

impl FluxSettings {
    /// What a `spec` of a Flux Kustomization sets.
    #[must_use]
    pub fn of_spec(spec: Value<'_>) -> Self {
        let substitute = spec.path(&["postBuild", "substitute"]).into_iter().flat_map(Value::entries);
        let from = spec.path(&["postBuild", "substituteFrom"]);
        Self {
            variables: substitute.map(|(name, ..)| name.to_owned()).collect(),
            variables_from: from.is_some_and(|from| from.items().len() > 0),
            decrypts: spec.get("decryption").is_some_and(|decryption| !decryption.is_null()),
        }
    }

    /// What a list of patches sets, as far as they are written in it.
    #[must_use]
    pub fn of_patches(patches: Option<Value<'_>>) -> Self {
        let mut all = Self::default();
        for patch in patches.into_iter().flat_map(Value::items) {
            let kind = patch.path(&["target", "kind"]).and_then(Value::as_str);
            let text = patch.get("patch").and_then(Value::as_str).unwrap_or_default();
            let is_about = text.contains("postBuild") || text.contains("decryption");
            if !is_about || kind.is_some_and(|kind| kind != "Kustomization") {
                continue;
            }
            let stream = yaml::read("patch".into(), Side::Head, text.as_bytes(), Dialect::Kubectl);
            for document in &stream.documents {
                let root = document.root();
                match root.kind() {
                    Kind::Sequence => root.items().for_each(|operation| all.operation(operation)),
                    _ if kind.or_else(|| root.get("kind")?.as_str()) == Some("Kustomization") => {
                        all.add(&root.get("spec").map(Self::of_spec).unwrap_or_default());
                    }
                    _ => {}
                }
            }
        }
        all
    }

    /// An operation of a JSON patch. Which names it sets is not looked at.
    fn operation(&mut self, operation: Value<'_>) {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
        if matches!(text("op"), "add" | "replace") {
            self.variables_from |= text("path").starts_with("/spec/postBuild");
            self.decrypts |= text("path").starts_with("/spec/decryption");
        }
    }

    /// `${…}` is replaced.
    #[must_use]
    pub fn substitutes(&self) -> bool {
        self.variables_from || !self.variables.is_empty()
    }

    /// This is set too.
    pub fn add(&mut self, other: &Self) {
        self.variables.extend(other.variables.iter().cloned());
        self.variables_from |= other.variables_from;
        self.decrypts |= other.decrypts;
    }
}
