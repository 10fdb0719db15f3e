//! Files that the change does not touch and that it nevertheless makes into something else: a new `Chart.yaml` turns
//! manifests into templates, an edited kustomization turns a resource into a patch.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::{FileChange, Tree, TreeEntry};
use crate::manifest::classify::Classifier;
use crate::manifest::file::Role;
use crate::manifest::kustomization::{self, How, Kustomization};
use crate::source::RepoPath;

use super::read::{Pair, Reading, is_manifest_name};
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
            // A file that moved stands at two paths, and says something else at each.
            let (old, new) = (path_of(pair.change.old.as_ref()), path_of(pair.change.new.as_ref()));
            let (before, after) = (uses(old, &pair.old), uses(new, &pair.new));
            let differs = |path: &&RepoPath| before.get(*path) != after.get(*path);
            candidates.extend(before.keys().chain(after.keys()).filter(differs).cloned());
            if old != new {
                for path in [old, new].into_iter().flatten().filter(|path| makes_others_of(path.file_name())) {
                    candidates.extend(self.files_below(path.folder())?);
                }
            }
        }
        candidates.extend(self.bereft(pairs)?);
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
                && !kustomization::is_kustomization(path.file_name())
            {
                continue;
            }
            let change = FileChange { path: path.clone(), old: Some(old), new: Some(new), moved_from: None };
            found.push(self.read(&change, base, head)?);
        }
        Ok(found)
    }

    /// The kustomizations that name a file which the change takes away, or a folder whose kustomization it does: they stay
    /// as they are, and kustomize refuses them.
    fn bereft(&self, pairs: &[Pair]) -> Result<BTreeSet<RepoPath>, RunError> {
        let mut found = BTreeSet::new();
        for pair in pairs {
            let (Some(old), new) = (path_of(pair.change.old.as_ref()), path_of(pair.change.new.as_ref())) else {
                continue;
            };
            if new == Some(old) {
                continue;
            }
            let mut users = self.head.inventory.users_of(old.as_str())?;
            if kustomization::is_kustomization(old.file_name()) {
                users.extend(self.head.inventory.users_of(old.folder())?);
            }
            found.extend(users.into_iter().map(|usage| usage.kustomization));
        }
        Ok(found)
    }

    fn files_below(&self, folder: &str) -> Result<Vec<RepoPath>, RunError> {
        let files = self.head.tree.files(folder)?;
        Ok(files.into_iter().map(|entry| entry.path).filter(is_manifest_name).collect())
    }
}

fn path_of(entry: Option<&TreeEntry>) -> Option<&RepoPath> {
    entry.map(|entry| &entry.path)
}

/// The name of a file by which its neighbours are no manifests.
fn makes_others_of(name: &str) -> bool {
    name == "Chart.yaml" || crate::inventory::is_suite_marker(name)
}

/// What a file names, if it is a kustomization by its name.
fn uses(path: Option<&RepoPath>, reading: &Reading) -> BTreeMap<RepoPath, BTreeSet<How>> {
    let path = path.filter(|path| kustomization::is_kustomization(path.file_name()));
    let document = reading.file().and_then(|file| file.documents.first());
    path.zip(document)
        .map(|(path, document)| named_files(&Kustomization::read(document), path.folder()))
        .unwrap_or_default()
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
