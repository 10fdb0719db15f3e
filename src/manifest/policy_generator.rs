//! Open Cluster Management's `PolicyGenerator`, a plugin of kustomize: its inputs are what clusters are compared with. Parts of
//! objects are enough for that, so no server ever gets one as it is.

use super::kustomization::{How, Target};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::git::{Content, GitError};
use crate::inventory::Inventory;
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Document, Value};

/// The generator's own API group.
const GROUP: &str = "policy.open-cluster-management.io/";

/// The generators of a folder's kustomizations, each with its inputs.
type Generators = Arc<[(RepoPath, Vec<String>)]>;

/// What was read of generators, by folder: every file below one asks for them.
pub(super) type Known = Mutex<HashMap<String, Generators>>;

fn generators(inventory: &Inventory<'_>, folder: &str, known: &Known) -> Result<Generators, GitError> {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = lock().get(folder) {
        return Ok(Arc::clone(found));
    }
    let mut found = Vec::new();
    for kustomization in &*inventory.kustomizations_in(folder)? {
        let plugins = kustomization.fact.uses.iter().filter(|used| used.how == How::GeneratorConfig);
        for plugin in plugins.filter_map(|used| used.target.at(folder)) {
            let inputs = inputs(inventory, &plugin)?;
            found.push((plugin, inputs));
        }
    }
    Ok(Arc::clone(lock().entry(folder.to_owned()).or_insert(found.into())))
}

/// The generator that takes a file. It reads no file outside of its kustomization's folder.
pub(super) fn taking(inventory: &Inventory<'_>, path: &RepoPath, known: &Known) -> Result<Option<RepoPath>, GitError> {
    let mut folder = path.folder();
    loop {
        for (plugin, inputs) in &*generators(inventory, folder, known)? {
            if inputs.iter().any(|input| is_at_or_below(path, folder, input)) {
                return Ok(Some(plugin.clone()));
            }
        }
        let Some((parent, _)) = folder.rsplit_once('/') else {
            if folder.is_empty() {
                return Ok(None);
            }
            folder = "";
            continue;
        };
        folder = parent;
    }
}

/// `policies[].manifests[].path` of a generator's configuration.
fn inputs(inventory: &Inventory<'_>, plugin: &RepoPath) -> Result<Vec<String>, GitError> {
    let entry = inventory.tree().entry(plugin.as_str())?.filter(|entry| entry.kind.is_regular());
    let Some(entry) = entry else { return Ok(Vec::new()) };
    let Content::Bytes(bytes) = inventory.tree().read(&entry)? else { return Ok(Vec::new()) };
    let stream = yaml::read(plugin.clone(), Side::Head, &bytes, Dialect::Kubectl);
    let is_ours = |root: &Value<'_>| {
        let text = |key: &str| root.get(key).and_then(Value::as_str).unwrap_or_default();
        text("apiVersion").starts_with(GROUP) && text("kind") == "PolicyGenerator"
    };
    let policies = stream.documents.iter().map(Document::root).filter(is_ours).filter_map(|root| root.get("policies"));
    let manifests = policies.flat_map(Value::items).filter_map(|policy| policy.get("manifests")).flat_map(Value::items);
    Ok(manifests.filter_map(|manifest| manifest.get("path")?.as_str().map(str::to_owned)).collect())
}

fn is_at_or_below(path: &RepoPath, folder: &str, input: &str) -> bool {
    let input = Target::parse(input).at(folder);
    let rest = input.as_ref().and_then(|input| path.as_str().strip_prefix(input.as_str()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
