//! Objects that the change adds and that another file of the same root has already.

use std::collections::HashMap;

use crate::change::{Located, ObjectChange};
use crate::check::Draft;
use crate::config::Scope;
use crate::finding::{Operation, Severity};
use crate::manifest::classify::Classifier;
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::key::{Namespace, ObjectKey};
use crate::manifest::object;
use crate::rules::By;
use crate::rules::object::defined_twice::RULE;
use crate::source::{RepoPath, Side};

use super::read::is_manifest_name;
use super::roots::named_by;
use super::{Run, RunError};

/// Files that are applied together, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Together {
    /// The resources of a kustomization.
    Kustomization(RepoPath),
    /// What Flux makes a kustomization of: the folder.
    Flux(String),
    /// A folder of which nobody says who applies it.
    Folder(String),
}

/// The files that define each object, each once.
type Index = HashMap<ObjectKey, Vec<RepoPath>>;

/// What is known of files that are applied together.
#[derive(Default)]
pub(super) struct Known {
    groups: HashMap<RepoPath, Vec<Together>>,
    indexes: HashMap<Together, Index>,
    /// The files that findings point to, which may hold Secrets.
    pub(super) shown: Vec<ManifestFile>,
}

/// kustomize takes the namespace `default` and none for the same.
pub(super) fn for_kustomize(key: &ObjectKey) -> ObjectKey {
    let mut key = key.clone();
    if key.namespace == Namespace::Named("default".to_owned()) {
        key.namespace = Namespace::Unset;
    }
    key
}

impl Run<'_> {
    /// That an object which the change adds is defined elsewhere, too. Of two that it adds, the later one tells it.
    pub(super) fn defined_twice(
        &self,
        change: &ObjectChange,
        known: &mut Known,
        head: &Classifier<'_>,
    ) -> Result<Option<Draft>, RunError> {
        let is_added = change.operation == Operation::Create || change.moved_from.is_some();
        let Some(new) = change.new.as_ref().filter(|_| is_added && !self.audit) else { return Ok(None) };
        let Role::Manifest { used_by } = &new.file.role else { return Ok(None) };
        let is_known =
            new.object.value().path(&["metadata", "name"]).is_some_and(|at| new.object.unknown(at).is_none());
        if !is_known || new.object.key.name.is_empty() || new.object.key.name.ends_with('*') {
            return Ok(None);
        }
        let path = &new.file.path;
        if !known.groups.contains_key(path) {
            let groups = self.groups(path, used_by)?;
            for group in &groups {
                if !known.indexes.contains_key(group) {
                    known.indexes.insert(group.clone(), self.index(group)?);
                }
            }
            known.groups.insert(path.clone(), groups);
        }
        for group in known.groups.get(path).into_iter().flatten() {
            let others = known.indexes.get(group).and_then(|index| index.get(&for_kustomize(&new.object.key)));
            for other in others.into_iter().flatten().filter(|other| *other != path) {
                let counts = other < path || self.base.tree.entry(other.as_str())?.is_some();
                let found = counts.then(|| self.twice(new, group, other, head)).transpose()?.flatten();
                if let Some((draft, file)) = found {
                    known.shown.push(file);
                    return Ok(Some(draft));
                }
            }
        }
        Ok(None)
    }

    fn groups(&self, path: &RepoPath, used_by: &[RepoPath]) -> Result<Vec<Together>, RunError> {
        if !used_by.is_empty() {
            return Ok(used_by.iter().cloned().map(Together::Kustomization).collect());
        }
        Ok(vec![match self.head.agents.flux_folder_of(path)? {
            Some(folder) => Together::Flux(folder),
            None => Together::Folder(path.folder().to_owned()),
        }])
    }

    pub(super) fn twice(
        &self,
        new: &Located,
        group: &Together,
        other: &RepoPath,
        head: &Classifier<'_>,
    ) -> Result<Option<(Draft, ManifestFile)>, RunError> {
        let is_manifest = matches!(head.role(other)?, Role::Manifest { .. });
        let is_excluded = matches!(self.config.scope(other.as_str()), Scope::Excluded(_));
        let Some(entry) = self.head.tree.entry(other.as_str())?.filter(|_| is_manifest && !is_excluded) else {
            return Ok(None);
        };
        let key = &new.object.key;
        let Some(file) = self.as_manifest(&entry, Side::Head, head)? else { return Ok(None) };
        let Some(twin) = file.objects.iter().find(|object| for_kustomize(&object.key) == for_kustomize(key)) else {
            return Ok(None);
        };
        let (by, message) = match group {
            Together::Kustomization(file) => (
                "kustomize",
                format!(
                    "{key} is defined in {other}, too: may not add resource with an already registered id ({file})"
                ),
            ),
            Together::Flux(folder) => (
                "flux",
                format!("{key} is defined in {other}, too, and Flux takes both from {folder}/: already registered id"),
            ),
            Together::Folder(_) => {
                ("kubectl", format!("{key} is defined in {other}, too: of the two, the one that is applied last holds"))
            }
        };
        let mut draft = Draft::at(&RULE, &new.object, "/metadata/name", message)
            .detail(other.as_str())
            .help("give one of them another name, or remove it");
        draft.authority = By::Client(by).authority();
        if matches!(group, Together::Folder(_)) {
            draft.severity = Severity::Warning;
        }
        let span = twin.span("/metadata/name");
        draft.related.push(("the other one is here".to_owned(), std::sync::Arc::clone(twin.source()), span));
        Ok(Some((draft, file)))
    }

    fn index(&self, group: &Together) -> Result<Index, RunError> {
        let mut index = Index::new();
        for path in self.files_of(group)? {
            for fact in self.head.inventory.objects_in(path.as_str())? {
                let key = object::key_of(&fact.api_version, &fact.kind, fact.namespace, fact.name);
                let files = index.entry(for_kustomize(&key)).or_default();
                if files.last() != Some(&path) {
                    files.push(path.clone());
                }
            }
        }
        Ok(index)
    }

    fn files_of(&self, group: &Together) -> Result<Vec<RepoPath>, RunError> {
        let inventory = self.head.inventory;
        let mut found = Vec::new();
        match group {
            Together::Kustomization(file) => {
                found.extend(named_by(inventory, file)?.into_iter().map(|(path, _)| path));
            }
            Together::Flux(folder) => {
                for path in self.manifests_below(folder)? {
                    if self.head.agents.flux_folder_of(&path)?.is_some_and(|of| of == *folder) {
                        found.push(path);
                    }
                }
            }
            // Where kustomizations are at work, a file that none of them names is applied by nobody.
            Together::Folder(folder) if inventory.kustomizations_in(folder)?.is_empty() => {
                let files = self.manifests_below(folder)?;
                for path in files.into_iter().filter(|path| path.folder() == folder) {
                    if inventory.users_of(path.as_str())?.is_empty() {
                        found.push(path);
                    }
                }
            }
            Together::Folder(_) => {}
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn manifests_below(&self, folder: &str) -> Result<Vec<RepoPath>, RunError> {
        let files = self.head.tree.files(folder)?.into_iter().filter(|entry| entry.kind.is_regular());
        Ok(files.map(|entry| entry.path).filter(is_manifest_name).collect())
    }
}
