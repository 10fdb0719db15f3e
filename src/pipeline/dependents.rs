//! Objects that the change does not touch and that are judged all the same, because something changed that they depend
//! on: custom resources of a CRD that the change adds, edits or removes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::change::{Located, ObjectChange};
use crate::finding::Operation;
use crate::git::FileChange;
use crate::manifest::classify::Classifier;
use crate::manifest::object::group_of;
use crate::source::RepoPath;
use crate::yaml::Value;

use super::read::Pair;
use super::{Run, RunError};

/// Group and kind that a CRD defines.
type Kind = (String, String);

impl Run<'_> {
    /// The files that hold such objects, and the objects, with the operation [`Operation::Unchanged`].
    pub(super) fn dependents(
        &self,
        pairs: &[Pair],
        changes: &[ObjectChange],
        base: &Classifier<'_>,
        head: &Classifier<'_>,
    ) -> Result<(Vec<Pair>, Vec<ObjectChange>), RunError> {
        let kinds: BTreeSet<Kind> =
            changes.iter().filter(|change| !change.equal_in_value()).flat_map(defined_kinds).collect();
        if kinds.is_empty() || self.audit {
            return Ok((Vec::new(), Vec::new()));
        }
        let read: BTreeSet<&RepoPath> = pairs.iter().map(|pair| &pair.change.path).collect();
        let mut paths: BTreeSet<RepoPath> = BTreeSet::new();
        for object in self.head.inventory.objects()?.found {
            let kind = (group_of(&object.fact.api_version).to_owned(), object.fact.kind);
            if kinds.contains(&kind) && !read.contains(&object.path) {
                paths.insert(object.path);
            }
        }
        let mut found = Vec::new();
        for path in paths {
            let (old, new) = (self.base.tree.entry(path.as_str())?, self.head.tree.entry(path.as_str())?);
            found.push(self.read(&FileChange { path, old, new, moved_from: None }, base, head)?);
        }
        let mut objects = Vec::new();
        for pair in pairs.iter().chain(&found) {
            let (Some(old), Some(new)) = (pair.old.file(), pair.new.file()) else { continue };
            for object in new
                .objects
                .iter()
                .filter(|object| kinds.contains(&(group_of(&object.api_version).to_owned(), object.key.kind.clone())))
            {
                let before = old.objects.iter().find(|old| old.key == object.key);
                let Some(before) = before.filter(|old| old.value().same(object.value())) else { continue };
                objects.push(ObjectChange {
                    operation: Operation::Unchanged,
                    old: Some(Located { object: Arc::clone(before), file: Arc::clone(old) }),
                    new: Some(Located { object: Arc::clone(object), file: Arc::clone(new) }),
                    moved_from: None,
                    counterpart: None,
                });
            }
        }
        Ok((found, objects))
    }
}

/// The kinds that a CRD defines before and after.
fn defined_kinds(change: &ObjectChange) -> impl Iterator<Item = Kind> {
    let sides = [change.old.as_ref(), change.new.as_ref()].into_iter().flatten();
    sides.filter(|located| located.object.key.kind == "CustomResourceDefinition").filter_map(|located| {
        let text = |path: &[&str]| located.object.value().path(path).and_then(Value::as_str).map(str::to_owned);
        Some((text(&["spec", "group"])?, text(&["spec", "names", "kind"])?))
    })
}
