//! What makes kustomize and Flux refuse a root though none of the objects in it changed: a kustomization that takes another
//! file with the same object, a path of Flux that is gone.

use std::collections::HashMap;
use std::sync::Arc;

use crate::change::Located;
use crate::check::Draft;
use crate::git::{EntryKind, FileChange};
use crate::inventory::Inventory;
use crate::manifest::classify::Classifier;
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::key::ObjectKey;
use crate::manifest::kustomization::How;
use crate::manifest::object;
use crate::rules::By;
use crate::rules::kustomization::MISSING_FILE;
use crate::source::{RepoPath, Side, Span};

use super::read::Pair;
use super::twice::{Together, for_kustomize};
use super::{Run, RunError};

/// A draft, and the file that it points to, which may hold Secrets.
type Told = (Draft, ManifestFile);

/// The files that a kustomization names as resources, and where.
pub(super) fn named_by(inventory: &Inventory<'_>, file: &RepoPath) -> Result<Vec<(RepoPath, Span)>, RunError> {
    let mut found = Vec::new();
    let own = inventory.kustomizations_in(file.folder())?.into_iter().filter(|one| one.path == *file);
    for used in own.flat_map(|one| one.fact.uses).filter(|used| matches!(used.how, How::Resource | How::Base)) {
        let Some(target) = used.target.at(file.folder()) else { continue };
        if inventory.tree().entry(target.as_str())?.is_some_and(|entry| entry.kind.is_regular()) {
            found.push((target, used.span));
        }
    }
    Ok(found)
}

impl Run<'_> {
    /// What the roots say that a change touches.
    pub(super) fn of_roots(&self, pairs: &[Pair], head: &Classifier<'_>) -> Result<Vec<Told>, RunError> {
        let mut found = Vec::new();
        if self.audit {
            return Ok(found);
        }
        for file in pairs.iter().filter_map(|pair| pair.new.file()).filter(|file| file.role == Role::Kustomization) {
            self.taken_twice(file, head, &mut found)?;
        }
        let is_gone =
            |change: &FileChange| change.old.as_ref().map(|old| &old.path) != change.new.as_ref().map(|new| &new.path);
        if pairs.iter().any(|pair| pair.change.old.is_some() && is_gone(&pair.change)) {
            self.lost_paths(head, &mut found)?;
        }
        Ok(found)
    }

    /// What a kustomization newly takes, and defines an object that another file of it defines. Files that are new
    /// themselves tell it by their objects.
    fn taken_twice(&self, file: &ManifestFile, head: &Classifier<'_>, found: &mut Vec<Told>) -> Result<(), RunError> {
        let group = Together::Kustomization(file.path.clone());
        let before = named_by(self.base.inventory, &file.path)?;
        let is_known = |path: &RepoPath| before.iter().any(|(one, _)| one == path);
        // Those that it took already come first, so that the new ones are told.
        let (known, new): (Vec<_>, Vec<_>) =
            named_by(self.head.inventory, &file.path)?.into_iter().partition(|(path, _)| is_known(path));
        let mut seen: HashMap<ObjectKey, &RepoPath> = HashMap::new();
        for (path, span) in known.iter().chain(&new) {
            for fact in self.head.inventory.objects_in(path.as_str())? {
                let key = for_kustomize(&object::key_of(&fact.api_version, &fact.kind, fact.namespace, fact.name));
                let Some(other) = seen.insert(key.clone(), path).filter(|other| *other != path) else { continue };
                if is_known(path) || self.base.tree.entry(path.as_str())?.is_none() {
                    continue;
                }
                let Some(entry) = self.head.tree.entry(path.as_str())? else { continue };
                let Some(read) = self.as_manifest(&entry, Side::Head, head)? else { continue };
                let twin = read.objects.iter().find(|object| for_kustomize(&object.key) == key).cloned();
                let Some(object) = twin else { continue };
                let new = Located { object, file: Arc::new(read) };
                let Some((mut draft, shown)) = self.twice(&new, &group, other, head)? else { continue };
                draft.source = Arc::clone(&file.source);
                draft.span = *span;
                draft.pointer.clear();
                draft.message = format!("{path}: {}", draft.message);
                found.push((draft, shown));
            }
        }
        Ok(())
    }

    /// The paths of Flux that the change takes away, where the Kustomization stays.
    fn lost_paths(&self, head: &Classifier<'_>, found: &mut Vec<Told>) -> Result<(), RunError> {
        for (folder, path, name) in self.head.agents.flux_folders()? {
            let before = self.base.tree.entry(folder)?.is_some_and(|entry| entry.kind == EntryKind::Folder);
            if folder.is_empty() || !before || self.head.tree.entry(folder)?.is_some() {
                continue;
            }
            let Some(entry) = self.head.tree.entry(path.as_str())? else { continue };
            let Some(file) = self.as_manifest(&entry, Side::Head, head)? else { continue };
            let is_it = |group: &str, named: &str| group == "kustomize.toolkit.fluxcd.io" && named == name;
            let Some(object) = file.objects.iter().find(|object| is_it(&object.key.group, &object.key.name)) else {
                continue;
            };
            let message = format!("{folder} is not there any more: kustomization path not found");
            let help = "remove the Kustomization, too, or name the new path: of a path that it cannot find, Flux deletes nothing";
            let mut draft = Draft::at(&MISSING_FILE, object, "/spec/path", message).detail(folder).help(help);
            draft.authority = By::Client("flux").authority();
            draft.pointer.clear();
            found.push((draft, file));
        }
        Ok(())
    }
}
