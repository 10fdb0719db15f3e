//! What makes kustomize and Flux refuse a root though none of the objects in it changed: a kustomization that takes another
//! file with the same object, a path of Flux that is gone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

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
use crate::source::{RepoPath, Span};

use super::read::Pair;
use super::twice::{Known, Together, for_kustomize};
use super::{Run, RunError};

/// The files that a kustomization names as resources, and where.
pub(super) fn named_by(inventory: &Inventory<'_>, file: &RepoPath) -> Result<Vec<(RepoPath, Span)>, RunError> {
    let mut found = Vec::new();
    let kustomizations = inventory.kustomizations_in(file.folder())?;
    let own = kustomizations.iter().filter(|one| one.path == *file);
    for used in own.flat_map(|one| &one.fact.uses).filter(|used| matches!(used.how, How::Resource | How::Base)) {
        let Some(target) = used.target.at(file.folder()) else { continue };
        if inventory.tree().entry(target.as_str())?.is_some_and(|entry| entry.kind.is_regular()) {
            found.push((target, used.span));
        }
    }
    Ok(found)
}

impl Run<'_> {
    /// What the roots say that a change touches.
    pub(super) fn of_roots(
        &self,
        pairs: &[Pair],
        known: &mut Known,
        head: &Classifier<'_>,
    ) -> Result<Vec<Draft>, RunError> {
        let mut found = Vec::new();
        if self.audit {
            return Ok(found);
        }
        for file in pairs.iter().filter_map(|pair| pair.new.file()).filter(|file| file.role == Role::Kustomization) {
            self.taken_twice(file, known, head, &mut found)?;
        }
        let is_gone =
            |change: &FileChange| change.old.as_ref().map(|old| &old.path) != change.new.as_ref().map(|new| &new.path);
        if pairs.iter().any(|pair| pair.change.old.is_some() && is_gone(&pair.change)) {
            self.lost_paths(known, head, &mut found)?;
        }
        Ok(found)
    }

    /// What a kustomization newly takes, and defines an object that another file of it defines: the first such object of
    /// two files. Files that are new themselves tell it by their objects.
    fn taken_twice(
        &self,
        file: &ManifestFile,
        known: &mut Known,
        head: &Classifier<'_>,
        found: &mut Vec<Draft>,
    ) -> Result<(), RunError> {
        let group = Together::Kustomization(file.path.clone());
        let before = named_by(self.base.inventory, &file.path)?;
        let before: HashSet<RepoPath> = before.into_iter().map(|(path, _)| path).collect();
        let is_old = |path: &RepoPath| before.contains(path);
        // Those that it took already come first, so that the new ones are told.
        let (old, new): (Vec<_>, Vec<_>) =
            named_by(self.head.inventory, &file.path)?.into_iter().partition(|(path, _)| is_old(path));
        let mut seen: HashMap<ObjectKey, &RepoPath> = HashMap::new();
        for (path, span) in old.iter().chain(&new) {
            let counts = !is_old(path) && self.base.tree.entry(path.as_str())?.is_some();
            let mut twins: Vec<&RepoPath> = Vec::new();
            for fact in self.head.inventory.objects_in(path.as_str())? {
                let key = for_kustomize(&object::key_of(&fact.api_version, &fact.kind, fact.namespace, fact.name));
                let Some(twin) = seen.insert(key.clone(), path) else { continue };
                if twin == path || !counts || twins.contains(&twin) {
                    continue;
                }
                let own = self.other(path, known, head)?.and_then(|own| own.objects.get(&key).cloned());
                let Some(object) = own else { continue };
                let Some(mut draft) = self.twice(&object, &group, twin, known, head)? else { continue };
                twins.push(twin);
                draft.source = Arc::clone(&file.source);
                draft.span = *span;
                draft.pointer.clear();
                draft.message = format!("{path}: {}", draft.message);
                found.push(draft);
            }
        }
        Ok(())
    }

    /// The paths of Flux that the change takes away, where the Kustomization stays.
    fn lost_paths(&self, known: &mut Known, head: &Classifier<'_>, found: &mut Vec<Draft>) -> Result<(), RunError> {
        for (folder, path, name) in self.head.agents.flux_folders()? {
            let before = self.base.tree.entry(folder)?.is_some_and(|entry| entry.kind == EntryKind::Folder);
            if folder.is_empty() || !before || self.head.tree.entry(folder)?.is_some() {
                continue;
            }
            let Some(file) = self.other(path, known, head)? else { continue };
            let is_it = |group: &str, named: &str| group == "kustomize.toolkit.fluxcd.io" && named == name;
            let Some(object) = file.file.objects.iter().find(|object| is_it(&object.key.group, &object.key.name))
            else {
                continue;
            };
            let message = format!("{folder} is not there any more: kustomization path not found");
            let help = "remove the Kustomization, too, or name the new path: of a path that it cannot find, Flux deletes nothing";
            let mut draft = Draft::at(&MISSING_FILE, object, "/spec/path", message).detail(folder).help(help);
            draft.authority = By::Client("flux").authority();
            draft.pointer.clear();
            found.push(draft);
        }
        Ok(())
    }
}
