//! Objects that the change adds and that another file of the same root has already.

use std::collections::HashMap;
use std::sync::Arc;

use crate::change::ObjectChange;
use crate::check::Draft;
use crate::config::Scope;
use crate::finding::{Operation, Severity};
use crate::git::TreeEntry;
use crate::manifest::classify::Classifier;
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::key::{Namespace, ObjectKey};
use crate::manifest::object::{self, Object};
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

/// What is known of files that are applied together, and of others that findings point to. Each is asked for once.
#[derive(Default)]
pub(super) struct Known {
    groups: HashMap<RepoPath, Arc<[Together]>>,
    indexes: HashMap<Together, Arc<Index>>,
    others: HashMap<RepoPath, Option<Other>>,
}

/// A file that may define the same object.
pub(super) struct Other {
    pub(super) file: ManifestFile,
    /// The first object of each key.
    pub(super) objects: HashMap<ObjectKey, Arc<Object>>,
}

impl Known {
    /// The files that findings point to, which may hold Secrets.
    pub(super) fn shown(&self) -> impl Iterator<Item = &ManifestFile> {
        self.others.values().flatten().map(|other| &other.file)
    }
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
                    known.indexes.insert(group.clone(), Arc::new(self.index(group)?));
                }
            }
            known.groups.insert(path.clone(), groups.into());
        }
        let key = for_kustomize(&new.object.key);
        let groups = known.groups.get(path).cloned();
        for group in groups.iter().flat_map(|groups| &**groups) {
            let index = known.indexes.get(group).cloned();
            let others = index.iter().filter_map(|index| index.get(&key)).flatten();
            for other in others.filter(|other| *other != path) {
                if other < path || self.base.tree.entry(other.as_str())?.is_some() {
                    let found = self.twice(&new.object, group, other, known, head)?;
                    if found.is_some() {
                        return Ok(found);
                    }
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

    /// That another file of a group defines an object, too.
    pub(super) fn twice(
        &self,
        object: &Object,
        group: &Together,
        other: &RepoPath,
        known: &mut Known,
        head: &Classifier<'_>,
    ) -> Result<Option<Draft>, RunError> {
        let key = &object.key;
        let Some(file) = self.other(other, known, head)? else { return Ok(None) };
        let Some(twin) = file.objects.get(&for_kustomize(key)) else { return Ok(None) };
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
        let mut draft = Draft::at(&RULE, object, "/metadata/name", message)
            .detail(other.as_str())
            .help("give one of them another name, or remove it");
        draft.authority = By::Client(by).authority();
        if matches!(group, Together::Folder(_)) {
            draft.severity = Severity::Warning;
        }
        let span = twin.span("/metadata/name");
        draft.related.push(("the other one is here".to_owned(), std::sync::Arc::clone(twin.source()), span));
        Ok(Some(draft))
    }

    /// A file of the head as a manifest, if it is one that is judged.
    pub(super) fn other<'k>(
        &self,
        path: &RepoPath,
        known: &'k mut Known,
        head: &Classifier<'_>,
    ) -> Result<Option<&'k Other>, RunError> {
        if !known.others.contains_key(path) {
            let is_manifest = matches!(head.role(path)?, Role::Manifest { .. });
            let is_judged = is_manifest && !matches!(self.config.scope(path.as_str()), Scope::Excluded(_));
            let file = match self.head.tree.entry(path.as_str())?.filter(|_| is_judged) {
                Some(entry) => self.as_manifest(&entry, Side::Head, head)?,
                None => None,
            };
            let other = file.map(|file| {
                let mut objects = HashMap::new();
                for object in &file.objects {
                    objects.entry(for_kustomize(&object.key)).or_insert_with(|| Arc::clone(object));
                }
                Other { file, objects }
            });
            known.others.insert(path.clone(), other);
        }
        Ok(known.others.get(path).and_then(Option::as_ref))
    }

    fn index(&self, group: &Together) -> Result<Index, RunError> {
        let mut index = Index::new();
        let files = self.files_of(group)?;
        // What one file says twice, `object/duplicate-in-file` tells.
        for path in files.iter().filter(|_| files.len() > 1) {
            for fact in self.head.inventory.objects_in(path.as_str())? {
                let key = object::key_of(&fact.api_version, &fact.kind, fact.namespace, fact.name);
                let files = index.entry(for_kustomize(&key)).or_default();
                if files.last() != Some(path) {
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
                for path in manifests(self.head.tree.files(folder)?) {
                    if self.head.agents.flux_folder_of(&path)?.is_some_and(|of| of == *folder) {
                        found.push(path);
                    }
                }
            }
            // Where kustomizations are at work, a file that none of them names is applied by nobody.
            Together::Folder(folder) if inventory.kustomizations_in(folder)?.is_empty() => {
                for path in manifests(self.head.tree.children(folder)?) {
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
}

fn manifests(entries: Vec<TreeEntry>) -> impl Iterator<Item = RepoPath> {
    entries.into_iter().filter(|entry| entry.kind.is_regular()).map(|entry| entry.path).filter(is_manifest_name)
}
