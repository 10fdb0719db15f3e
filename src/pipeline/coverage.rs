//! What was not judged, and above all what no longer is: a change must not pass because it hid something.

use std::collections::HashSet;

use crate::change::ObjectChange;
use crate::finding::{Operation, Reason, Unchecked};
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::key::ObjectKey;
use crate::source::Side;
use crate::yaml::ProblemKind;

use super::Run;
use super::read::{Pair, Reading};

impl Run<'_> {
    /// The records of one changed file.
    pub(super) fn coverage(&self, pair: &Pair, changes: &[ObjectChange], unchecked: &mut Vec<Unchecked>) {
        let path = &pair.change.path;
        let judged_before = pair.old.file().is_some_and(|file| !file.objects.is_empty());
        match &pair.new {
            Reading::Nothing => {}
            Reading::Excluded(_) if judged_before => {
                unchecked.push(self.no_longer(path, "the config excludes it now"));
            }
            Reading::Excluded(file) => {
                // Moved and edited, so that git sees no move: an object of the same key now lies where nobody looks.
                let deleted: HashSet<&ObjectKey> = changes
                    .iter()
                    .filter(|change| change.operation == Operation::Delete)
                    .filter_map(ObjectChange::key)
                    .collect();
                let hidden = file.iter().flat_map(|file| &file.objects).find(|object| deleted.contains(&object.key));
                if let Some(object) = hidden {
                    let mut record = self.no_longer(path, "the config excludes the file that it moved to");
                    record.object = Some(object.key.clone());
                    unchecked.push(record);
                }
            }
            Reading::NotJudged(reason, detail) => {
                if judged_before {
                    unchecked.push(self.no_longer(path, &format!("now {detail}")));
                    return;
                }
                let reason = match reason {
                    Reason::GeneratorInput | Reason::Kustomization if !self.audit => Reason::NotRendered,
                    other => *other,
                };
                unchecked.push(self.unchecked(reason, path, Side::Head, detail.clone()));
            }
            Reading::File(file) => self.file_coverage(pair, file, judged_before, unchecked),
        }
        if let (Reading::File(old), Reading::Nothing) = (&pair.old, &pair.new)
            && !matches!(old.role, Role::Manifest { .. })
        {
            unchecked.push(self.not_rendered(old, "it is removed"));
        }
    }

    fn file_coverage(&self, pair: &Pair, file: &ManifestFile, judged_before: bool, unchecked: &mut Vec<Unchecked>) {
        let old = pair.old.file();
        match &file.role {
            Role::Manifest { .. } => {}
            Role::Kustomization | Role::Patch { .. } => {
                if judged_before {
                    unchecked.push(self.no_longer(&file.path, &format!("now {}", role_in_words(&file.role))));
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
        let others = |file: &ManifestFile| file.others.iter().filter(|o| o.reason == Reason::NotAnObject).count();
        let fewer = old.is_some_and(|old| old.objects.len() > file.objects.len() && others(file) > others(old));
        if fewer {
            unchecked.push(self.no_longer(&file.path, "a document of it has neither apiVersion nor kind now"));
        }
        for other in &file.others {
            unchecked.push(self.unchecked(other.reason, &file.path, Side::Head, other.detail.clone()));
        }
    }

    fn no_longer(&self, path: &crate::source::RepoPath, why: &str) -> Unchecked {
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

/// Nothing but comments and form differs.
fn same_documents(old: &ManifestFile, new: &ManifestFile) -> bool {
    let readable = |file: &ManifestFile| !file.problems.iter().any(|problem| problem.kind == ProblemKind::Syntax);
    readable(old)
        && readable(new)
        && old.documents.len() == new.documents.len()
        && old.documents.iter().zip(&new.documents).all(|(a, b)| a.root().same(b.root()))
}
