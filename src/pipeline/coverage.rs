//! What was not judged, and above all what no longer is: a change must not pass because it hid something.

use std::collections::{HashMap, HashSet};

use crate::change::ObjectChange;
use crate::finding::{Operation, Reason, Unchecked};
use crate::manifest::classify::Classifier;
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::key::ObjectKey;
use crate::manifest::object::{Object, objects_of};
use crate::manifest::unknown::Unknown;
use crate::source::{RepoPath, Side};
use crate::yaml::ProblemKind;

use super::read::{Pair, Reading};
use super::{Run, RunError};

/// The objects that the merge takes away.
pub(super) struct Gone<'a> {
    /// Each with whether an object of its key comes elsewhere.
    keys: HashMap<&'a ObjectKey, bool>,
    /// The files of those that come nowhere else.
    files: HashSet<&'a RepoPath>,
}

impl<'a> Gone<'a> {
    pub(super) fn new(changes: &'a [ObjectChange]) -> Self {
        let deleted = || changes.iter().filter(|change| change.operation == Operation::Delete);
        let nowhere = deleted().filter(|change| change.counterpart.is_none());
        Self {
            keys: deleted().filter_map(|change| Some((change.key()?, change.counterpart.is_some()))).collect(),
            files: nowhere.filter_map(|change| Some(&change.old.as_ref()?.file.path)).collect(),
        }
    }

    /// It is taken away, and comes nowhere else.
    fn is_lost(&self, object: &Object) -> bool {
        self.keys.get(&object.key) == Some(&false)
    }

    /// An object is lost that lay in a file.
    fn loses(&self, path: &RepoPath) -> bool {
        self.files.contains(path)
    }

    /// An object is lost that lay below a folder.
    fn loses_below(&self, folder: &RepoPath) -> bool {
        let is_below =
            |path: &&&RepoPath| path.as_str().strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.files.iter().any(|path| is_below(&path))
    }
}

impl Run<'_> {
    /// The records of one changed file.
    pub(super) fn coverage(
        &self,
        pair: &Pair,
        gone: &Gone<'_>,
        head: &Classifier<'_>,
        unchecked: &mut Vec<Unchecked>,
    ) -> Result<(), RunError> {
        let path = &pair.change.path;
        let judged_before = pair.old.file().is_some_and(|file| !file.objects.is_empty());
        match &pair.new {
            Reading::Nothing => {}
            Reading::Excluded(_) if judged_before => {
                unchecked.push(self.no_longer(path, "the config excludes it now"));
            }
            Reading::Excluded(file) => {
                // Moved and edited, so that git sees no move: an object of the same key now lies where nobody looks.
                let objects = file.iter().flat_map(|file| &file.objects);
                let hidden = objects.into_iter().find(|object| gone.keys.contains_key(&object.key));
                unchecked.extend(
                    hidden.map(|object| self.hidden(path, object, "the config excludes the file that it moved to")),
                );
            }
            Reading::NotJudged(reason, detail) => {
                if judged_before || *reason == Reason::FolderElsewhere && gone.loses_below(path) {
                    unchecked.push(self.no_longer(path, &format!("now {detail}")));
                    return Ok(());
                }
                let entry = pair.change.new.as_ref().filter(|_| !gone.files.is_empty() && pair.is_new_here());
                let read = entry.map(|entry| self.as_manifest(entry, Side::Head, head)).transpose()?.flatten();
                let objects = read.iter().flat_map(|file| &file.objects);
                if let Some(object) = objects.into_iter().find(|object| gone.is_lost(object)) {
                    unchecked.push(self.hidden(path, object, &format!("now in {detail}")));
                    return Ok(());
                }
                let reason = match reason {
                    Reason::GeneratorInput | Reason::Kustomization if !self.audit => Reason::NotRendered,
                    other => *other,
                };
                unchecked.push(self.unchecked(reason, path, Side::Head, detail.clone()));
            }
            Reading::File(file) => self.file_coverage(pair, file, gone, unchecked),
        }
        if let (Reading::File(old), Reading::Nothing) = (&pair.old, &pair.new)
            && !matches!(old.role, Role::Manifest { .. })
        {
            unchecked.push(self.not_rendered(old, "it is removed"));
        }
        Ok(())
    }

    fn file_coverage(&self, pair: &Pair, file: &ManifestFile, gone: &Gone<'_>, unchecked: &mut Vec<Unchecked>) {
        let old = pair.old.file();
        match &file.role {
            Role::Manifest { .. } => {}
            Role::Kustomization | Role::Patch { .. } => {
                let objects = file.documents.iter().flat_map(|document| objects_of(document, Unknown::default()));
                let lost = objects.filter(|object| !object.key.name.is_empty()).find(|object| gone.is_lost(object));
                if old.is_some_and(|file| !file.objects.is_empty()) {
                    unchecked.push(self.no_longer(&file.path, &format!("now {}", role_in_words(&file.role))));
                } else if let Some(object) = lost.filter(|_| pair.is_new_here()) {
                    let why = format!("now in {}", role_in_words(&file.role));
                    unchecked.push(self.hidden(&file.path, &object, &why));
                } else if self.audit {
                    let reason = if file.role == Role::Kustomization { Reason::Kustomization } else { Reason::Patch };
                    unchecked.push(self.unchecked(reason, &file.path, Side::Head, role_in_words(&file.role)));
                } else if !old.is_some_and(|old| same_documents(old, file)) {
                    unchecked.push(self.not_rendered(file, "it changed"));
                }
                return;
            }
            Role::Other(reason, what) => {
                unchecked.push(self.unchecked(*reason, &file.path, Side::Head, what.clone()));
                return;
            }
        }
        if !file.has_sign && file.problems.iter().any(|problem| problem.fatal) {
            let message = file.problems.first().map_or(String::new(), |problem| problem.message.clone());
            unchecked.push(self.unchecked(
                Reason::NoSignOfAnObject,
                &file.path,
                Side::Head,
                format!("does not parse: {message}"),
            ));
        }
        // Another document more that is no object, where an object went that comes nowhere else.
        if let Some(old) = old.filter(|old| file.others.len() > old.others.len() && gone.loses(&old.path)) {
            let known: HashSet<&str> = old.others.iter().map(|other| other.detail.as_str()).collect();
            let other = file.others.iter().find(|other| !known.contains(other.detail.as_str()));
            let what = other.or(file.others.last()).map_or("", |other| other.detail.as_str());
            unchecked.push(self.no_longer(&file.path, &format!("a document of it is no object now, but {what}")));
        }
        for other in &file.others {
            unchecked.push(self.unchecked(other.reason, &file.path, Side::Head, other.detail.clone()));
        }
    }

    /// An object that was judged lies where it no longer is.
    fn hidden(&self, path: &RepoPath, object: &Object, why: &str) -> Unchecked {
        let mut record = self.no_longer(path, why);
        record.object = Some(object.key.clone());
        record
    }

    fn no_longer(&self, path: &RepoPath, why: &str) -> Unchecked {
        let mut record = self.unchecked(Reason::NoLongerJudged, path, Side::Head, why);
        record.help =
            Some("if that is meant, delete the objects in one change and add what replaces them in another".to_owned());
        record
    }

    fn not_rendered(&self, file: &ManifestFile, what: &str) -> Unchecked {
        self.unchecked(Reason::NotRendered, &file.path, file.side, format!("{}: {what}", role_in_words(&file.role)))
    }
}

fn role_in_words(role: &Role) -> String {
    match role {
        Role::Manifest { .. } => "a manifest".to_owned(),
        Role::Kustomization => "a kustomization".to_owned(),
        Role::Patch { used_by } if used_by.is_empty() => "a patch that no kustomization uses".to_owned(),
        Role::Patch { used_by } => {
            let users: Vec<String> = used_by.iter().map(ToString::to_string).collect();
            format!("a patch of {}", users.join(", "))
        }
        Role::Other(_, what) => what.clone(),
    }
}

/// It is what it was, and nothing but comments and form differs.
fn same_documents(old: &ManifestFile, new: &ManifestFile) -> bool {
    let readable = |file: &ManifestFile| !file.problems.iter().any(|problem| problem.kind == ProblemKind::Syntax);
    std::mem::discriminant(&old.role) == std::mem::discriminant(&new.role)
        && readable(old)
        && readable(new)
        && old.documents.len() == new.documents.len()
        && old.documents.iter().zip(&new.documents).all(|(a, b)| a.root().same(b.root()))
}
