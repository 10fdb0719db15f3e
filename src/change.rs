//! Pairing: which object of the head is which object of the base, and what the merge does to it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::finding::Operation;
use crate::manifest::file::ManifestFile;
use crate::manifest::key::ObjectKey;
use crate::manifest::object::Object;
use crate::source::RepoPath;

/// An object with the file that holds it.
#[derive(Clone, Debug)]
pub struct Located {
    /// The object.
    pub object: Arc<Object>,
    /// Its file.
    pub file: Arc<ManifestFile>,
}

impl Located {
    fn path(&self) -> &RepoPath {
        &self.file.path
    }
}

/// What the merge does to one object.
#[derive(Clone, Debug)]
pub struct ObjectChange {
    /// Create, update, delete, or unchanged.
    pub operation: Operation,
    /// Before.
    pub old: Option<Located>,
    /// After.
    pub new: Option<Located>,
    /// For an update: the object comes from another file.
    pub moved_from: Option<RepoPath>,
    /// For a CREATE or DELETE: where an object with the same key goes or comes, in another cluster or root.
    pub counterpart: Option<Located>,
}

impl ObjectChange {
    /// The key that the change speaks of.
    #[must_use]
    pub fn key(&self) -> Option<&ObjectKey> {
        self.new.as_ref().or(self.old.as_ref()).map(|located| &located.object.key)
    }

    /// Old and new are equal in value, so that only the bytes may differ.
    #[must_use]
    pub fn equal_in_value(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => {
                old.object.value().same(new.object.value()) && old.object.api_version == new.object.api_version
            }
            _ => false,
        }
    }
}

/// Pair the objects of the changed files.
///
/// The same path first, and there equal keys in the order of the file; then across files, where exactly one old object
/// without a partner has the key and `together` says that the old and the new path lie in one root or cluster; of several
/// new ones, it becomes the first. Git's similarity decides nothing.
#[must_use]
pub fn pair(
    old: Vec<Located>,
    new: Vec<Located>,
    together: &dyn Fn(&RepoPath, &RepoPath) -> bool,
) -> Vec<ObjectChange> {
    let mut changes = Vec::with_capacity(old.len().max(new.len()));
    let mut waiting: HashMap<(RepoPath, ObjectKey), Vec<Located>> = HashMap::new();
    for located in old.into_iter().rev() {
        waiting.entry((located.path().clone(), located.object.key.clone())).or_default().push(located);
    }
    let mut unpaired_new = Vec::new();
    for located in new {
        match waiting.get_mut(&(located.path().clone(), located.object.key.clone())).and_then(Vec::pop) {
            Some(before) => changes.push(update(before, located, None)),
            None => unpaired_new.push(located),
        }
    }
    let mut unpaired_old: HashMap<ObjectKey, Vec<Located>> = HashMap::new();
    for ((_, key), left) in waiting {
        unpaired_old.entry(key).or_default().extend(left);
    }
    let mut by_key: HashMap<ObjectKey, Vec<Located>> = HashMap::new();
    for located in unpaired_new {
        by_key.entry(located.object.key.clone()).or_default().push(located);
    }
    for (key, created) in by_key {
        let mut removed = unpaired_old.remove(&key).unwrap_or_default();
        let gone = removed.first().cloned();
        let mut created = created;
        // Copies beside the one that it becomes must not hide what it was.
        if let [before] = removed.as_slice()
            && let Some(at) = created.iter().position(|after| together(before.path(), after.path()))
        {
            let from = before.path().clone();
            changes.push(update(before.clone(), created.remove(at), Some(from)));
            removed.clear();
        }
        let came = created.first().cloned();
        changes.extend(created.into_iter().map(|located| ObjectChange {
            operation: Operation::Create,
            old: None,
            new: Some(located),
            moved_from: None,
            counterpart: gone.clone(),
        }));
        changes.extend(removed.drain(..).map(|located| delete(located, came.clone())));
    }
    changes.extend(unpaired_old.into_values().flatten().map(|located| delete(located, None)));
    changes.sort_by_cached_key(place);
    changes
}

fn place(change: &ObjectChange) -> Option<(RepoPath, u32, String)> {
    let located = change.new.as_ref().or(change.old.as_ref())?;
    Some((located.path().clone(), located.object.document.index, located.object.pointer.clone()))
}

fn update(old: Located, new: Located, moved_from: Option<RepoPath>) -> ObjectChange {
    ObjectChange { operation: Operation::Update, old: Some(old), new: Some(new), moved_from, counterpart: None }
}

fn delete(old: Located, counterpart: Option<Located>) -> ObjectChange {
    ObjectChange { operation: Operation::Delete, old: Some(old), new: None, moved_from: None, counterpart }
}

/// The folder that stands for a cluster where nothing else says which one a file belongs to: up to the component below
/// a folder that is called after clusters, environments or overlays, else the first component.
#[must_use]
pub fn cluster_folder(path: &RepoPath) -> &str {
    let folder = path.folder();
    named_cluster_folder(path).unwrap_or_else(|| folder.split('/').next().unwrap_or(folder))
}

/// The folder of a path that is called after a cluster: up to the component below a folder that is called after clusters,
/// environments or overlays.
#[must_use]
pub fn named_cluster_folder(path: &RepoPath) -> Option<&str> {
    let text = path.as_str();
    let folder = path.folder();
    let mut start = 0;
    for part in folder.split('/') {
        let end = start + part.len();
        if matches!(
            part,
            "clusters" | "cluster" | "environments" | "envs" | "overlays" | "stages" | "regions" | "tenants"
        ) {
            let rest = folder.get(end + 1..).unwrap_or_default();
            let next = rest.split('/').next().unwrap_or_default();
            return Some(text.get(..end + 1 + next.len()).filter(|_| !next.is_empty()).unwrap_or(folder));
        }
        start = end + 1;
    }
    None
}
