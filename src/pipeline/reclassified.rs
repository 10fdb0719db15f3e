//! Files that the change does not touch and that it nevertheless makes into something else: a new `Chart.yaml` turns
//! manifests into templates, an edited kustomization turns a resource into a patch.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::{FileChange, Tree};
use crate::manifest::classify::Classifier;
use crate::manifest::file::Role;
use crate::manifest::kustomization::{self, How, Kustomization};
use crate::source::RepoPath;

use super::read::{Pair, is_manifest_name};
use super::{Run, RunError};

impl Run<'_> {
    /// Pairs for the unchanged files that have another role on the head side.
    pub(super) fn reclassified(
        &self,
        pairs: &[Pair],
        base: &Classifier<'_>,
        head: &Classifier<'_>,
    ) -> Result<Vec<Pair>, RunError> {
        let mut candidates: BTreeSet<RepoPath> = BTreeSet::new();
        for pair in pairs {
            let path = &pair.change.path;
            if kustomization::is_kustomization(path.file_name()) {
                let uses = |reading: &super::read::Reading| {
                    let document = reading.file().and_then(|file| file.documents.first());
                    document
                        .map(|document| named_files(&Kustomization::read(document), path.folder()))
                        .unwrap_or_default()
                };
                let (before, after) = (uses(&pair.old), uses(&pair.new));
                let differs = |path: &&RepoPath| before.get(*path) != after.get(*path);
                candidates.extend(before.keys().chain(after.keys()).filter(differs).cloned());
            } else if pair.change.old.is_none() || pair.change.new.is_none() {
                match path.file_name() {
                    "Chart.yaml" => candidates.extend(self.files_below(path.folder())?),
                    name if crate::inventory::is_suite_marker(name) => {
                        candidates.extend(self.files_below(path.folder())?);
                    }
                    _ => {}
                }
            }
        }
        let changed: BTreeSet<&RepoPath> = pairs
            .iter()
            .flat_map(|pair| [pair.change.old.as_ref(), pair.change.new.as_ref()])
            .flatten()
            .map(|entry| &entry.path)
            .collect();
        let mut found = Vec::new();
        for path in candidates.iter().filter(|path| !changed.contains(path)) {
            let entry = |tree: &Tree| tree.entry(path.as_str()).map(|e| e.filter(|e| e.kind.is_regular()));
            let (Some(old), Some(new)) = (entry(self.base.tree)?, entry(self.head.tree)?) else { continue };
            if std::mem::discriminant(&base.role(path)?) == std::mem::discriminant(&head.role(path)?)
                && !becomes_taken(&base.role(path)?, &head.role(path)?)
            {
                continue;
            }
            let change = FileChange { path: path.clone(), old: Some(old), new: Some(new), moved_from: None };
            found.push(self.read(&change, base, head)?);
        }
        Ok(found)
    }

    fn files_below(&self, folder: &str) -> Result<Vec<RepoPath>, RunError> {
        let files = self.head.tree.files(folder)?;
        Ok(files.into_iter().map(|entry| entry.path).filter(is_manifest_name).collect())
    }
}

/// kustomize reads it on one side only: the two may read it differently.
fn becomes_taken(old: &Role, new: &Role) -> bool {
    old.read_by_kustomize() != new.read_by_kustomize()
}

/// The files that a kustomization in a folder names, and as what.
fn named_files(kustomization: &Kustomization, folder: &str) -> BTreeMap<RepoPath, BTreeSet<How>> {
    let mut named: BTreeMap<RepoPath, BTreeSet<How>> = BTreeMap::new();
    for entry in &kustomization.uses {
        if let Some(path) = entry.target.at(folder) {
            named.entry(path).or_default().insert(entry.how);
        }
    }
    named
}
