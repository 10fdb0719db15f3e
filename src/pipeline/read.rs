//! Stages 2 and 3 for the changed files: which of them are read, and what they are on each side.

use std::sync::Arc;

use crate::config::Scope;
use crate::finding::{Reason, Status, Unchecked};
use crate::git::{Content, EntryKind, FileChange, Tree, TreeEntry};
use crate::manifest::classify::Classifier;
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::kustomization::{self, Target};
use crate::source::{RepoPath, Side};

use super::{Run, RunError};

/// One side of a changed file.
pub(super) enum Reading {
    /// There is no file, or none that could be a manifest.
    Nothing,
    /// The config leaves it out; what it would be, so that an object cannot hide there.
    Excluded(Option<Arc<ManifestFile>>),
    /// It could not be read, or holds nothing that can be read.
    NotJudged(Reason, String),
    /// It was read.
    File(Arc<ManifestFile>),
}

/// Both sides of a changed file.
pub(super) struct Pair {
    pub(super) change: FileChange,
    pub(super) old: Reading,
    pub(super) new: Reading,
}

impl Pair {
    /// What the file holds on the head side it did not hold before: it is new, or it was something else.
    pub(super) fn is_new_here(&self) -> bool {
        match (&self.old, &self.new) {
            (Reading::File(old), Reading::File(new)) => {
                std::mem::discriminant(&old.role) != std::mem::discriminant(&new.role)
            }
            (Reading::NotJudged(..), Reading::NotJudged(..)) => false,
            _ => true,
        }
    }
}

impl Reading {
    pub(super) fn file(&self) -> Option<&Arc<ManifestFile>> {
        match self {
            Self::File(file) => Some(file),
            _ => None,
        }
    }
}

/// Files that are read by their name alone.
#[must_use]
pub fn is_manifest_name(path: &RepoPath) -> bool {
    matches!(path.extension().as_str(), "yaml" | "yml" | "json") || kustomization::is_kustomization(path.file_name())
}

/// What stands in a folder's place, in words: a submodule, or a link out of the tree or to a folder with manifests. A link
/// that leads nowhere brings nothing.
fn elsewhere(tree: &Tree, entry: &TreeEntry) -> Result<Option<String>, RunError> {
    if entry.kind == EntryKind::Submodule {
        let commit = entry.id.map_or_else(String::new, |id| format!(" at commit {id}"));
        return Ok(Some(format!("a submodule, another repository{commit}")));
    }
    let Some(target) = tree.link(entry)? else { return Ok(None) };
    let Some(inside) = behind(entry, &target) else {
        return Ok(Some(format!("a link to {target}, out of the repository")));
    };
    let is_folder =
        inside.as_str().is_empty() || tree.entry(inside.as_str())?.is_some_and(|entry| entry.kind == EntryKind::Folder);
    let holds_some = is_folder && tree.files(inside.as_str())?.iter().any(|file| is_manifest_name(&file.path));
    Ok(holds_some.then(|| format!("a link to the folder {target}: what lies there is judged there alone")))
}

/// The path in the repository to which a link's target leads; none out of it.
fn behind(link: &TreeEntry, target: &RepoPath) -> Option<RepoPath> {
    let relative = if target.as_str().starts_with('/') { target.to_string() } else { format!("./{target}") };
    Target::parse(&relative).at(link.path.folder())
}

impl Run<'_> {
    /// Read both sides of a changed file.
    pub(super) fn read(
        &self,
        change: &FileChange,
        base: &Classifier<'_>,
        head: &Classifier<'_>,
    ) -> Result<Pair, RunError> {
        let old = self.read_side(change.old.as_ref(), Side::Base, base)?;
        let mut new = self.read_side(change.new.as_ref(), Side::Head, head)?;
        // What was a manifest is one: broken, it is a finding and no longer a file that says nothing.
        let was_manifest = old.file().is_some_and(|file| !file.objects.is_empty());
        if let (true, Reading::File(file)) = (was_manifest, &mut new) {
            Arc::make_mut(file).has_sign = true;
        }
        Ok(Pair { change: change.clone(), old, new })
    }

    fn read_side(
        &self,
        entry: Option<&TreeEntry>,
        side: Side,
        classifier: &Classifier<'_>,
    ) -> Result<Reading, RunError> {
        let Some(entry) = entry else { return Ok(Reading::Nothing) };
        let path = &entry.path;
        let tree = if side == Side::Base { self.base.tree } else { self.head.tree };
        let role = classifier.role(path)?;
        let used = role.read_by_kustomize();
        let excluded = matches!(self.config.scope(path.as_str()), Scope::Excluded(_));
        if !is_manifest_name(path) && !used {
            let elsewhere = if excluded { None } else { elsewhere(tree, entry)? };
            return Ok(elsewhere.map_or(Reading::Nothing, |what| Reading::NotJudged(Reason::FolderElsewhere, what)));
        }
        if excluded && (entry.kind == EntryKind::Submodule || !is_manifest_name(path)) {
            return Ok(Reading::Excluded(None));
        }
        if let (Role::Other(reason, what), false) = (&role, excluded) {
            return Ok(Reading::NotJudged(*reason, what.clone()));
        }
        match tree.read(entry)? {
            Content::NotJudged(..) if excluded => Ok(Reading::Excluded(None)),
            Content::NotJudged(Reason::Symlink, detail) => {
                let known = link_to_no_object(tree, entry, role, classifier)?;
                Ok(known.unwrap_or(Reading::NotJudged(Reason::Symlink, detail)))
            }
            Content::NotJudged(reason, detail) => Ok(Reading::NotJudged(reason, detail)),
            Content::Bytes(bytes) => {
                let file = Arc::new(classifier.read(path, role, &bytes)?);
                if excluded {
                    return Ok(Reading::Excluded(Some(file)));
                }
                Ok(match &file.role {
                    Role::Other(reason, what) => Reading::NotJudged(*reason, what.clone()),
                    _ => Reading::File(file),
                })
            }
        }
    }

    /// A file as it would be if it were a manifest; none where it cannot be read.
    pub(super) fn as_manifest(
        &self,
        entry: &TreeEntry,
        side: Side,
        classifier: &Classifier<'_>,
    ) -> Result<Option<ManifestFile>, RunError> {
        let tree = if side == Side::Base { self.base.tree } else { self.head.tree };
        let (true, Content::Bytes(bytes)) = (entry.kind.is_regular(), tree.read(entry)?) else { return Ok(None) };
        Ok(Some(classifier.read(&entry.path, Role::Manifest { used_by: Vec::new() }, &bytes)?))
    }

    /// A record of something in a file that was not judged.
    pub(super) fn unchecked(
        &self,
        reason: Reason,
        path: &RepoPath,
        side: Side,
        detail: impl Into<String>,
    ) -> Unchecked {
        Unchecked {
            reason,
            effect: self.config.unchecked_effect(reason),
            path: path.clone(),
            side,
            object: None,
            detail: detail.into(),
            help: None,
            status: Status::New,
            deciding: false,
            count: 1,
        }
    }
}

/// What a link to a file of the tree is that holds no object, as the values do that the releases of a helmfile share.
fn link_to_no_object(
    tree: &Tree,
    link: &TreeEntry,
    role: Role,
    classifier: &Classifier<'_>,
) -> Result<Option<Reading>, RunError> {
    let target = tree.link(link)?.and_then(|target| behind(link, &target));
    let Some(target) = target.filter(is_manifest_name) else { return Ok(None) };
    let Some(entry) = tree.entry(target.as_str())?.filter(|entry| entry.kind.is_regular()) else { return Ok(None) };
    let Content::Bytes(bytes) = tree.read(&entry)? else { return Ok(None) };
    let file = classifier.read(&link.path, role, &bytes)?;
    let is_none = file.objects.is_empty()
        && file.problems.is_empty()
        && file.others.iter().all(|other| other.reason == Reason::NotAnObject);
    let is_none = is_none && matches!(file.role, Role::Manifest { .. });
    Ok(is_none.then(|| Reading::NotJudged(Reason::NotAnObject, format!("a link to {target}, which holds no object"))))
}
