//! A git tree with some entries replaced, added or removed: the index and the work tree, and lists of single files.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use git2::Oid;

use super::content::{Content, MAX_FILE_BYTES, Of};
use super::error::GitError;
use super::repository::Repository;
use super::tree::{At, EntryKind, ObjectId, Tree, TreeEntry, oid};
use crate::finding::Reason;
use crate::source::RepoPath;

/// Path text → what is there instead; none where the file is gone.
pub(super) type Changes = BTreeMap<Box<str>, Option<TreeEntry>>;

#[derive(Debug)]
pub(super) struct Overlay {
    /// The tree below, always a git tree.
    below: Option<(Repository, Tree)>,
    changes: Changes,
    clean: Option<CleanFilter>,
}

impl Overlay {
    pub(super) fn new(below: Option<(Repository, Tree)>, changes: Changes) -> Self {
        Self { below, changes, clean: None }
    }

    /// An overlay whose files on disk are read as `git add` would store them.
    pub(super) fn of_work_tree(below: Option<(Repository, Tree)>, changes: Changes, clean: CleanFilter) -> Self {
        Self { below, changes, clean: Some(clean) }
    }

    pub(super) fn repository(&self) -> Option<&Repository> {
        self.below.as_ref().map(|(repository, _)| repository)
    }

    pub(super) fn root_id(&self) -> Option<ObjectId> {
        self.below.as_ref().filter(|_| self.changes.is_empty()).and_then(|(_, tree)| tree.root().id)
    }

    /// The changes below a folder, by path.
    fn changes_below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a Option<TreeEntry>)> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = prefix.clone().into_boxed_str();
        self.changes
            .range(from..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .map(|(path, entry)| (&**path, entry))
    }

    fn below_entry(&self, path: &str) -> Result<Option<TreeEntry>, GitError> {
        self.below.as_ref().map_or(Ok(None), |(_, tree)| tree.entry(path))
    }

    /// The entry at a path whose parents are folders of this tree.
    pub(super) fn entry(&self, path: RepoPath) -> Result<Option<TreeEntry>, GitError> {
        if let Some(Some(entry)) = self.changes.get(path.as_str()) {
            return Ok(Some(entry.clone()));
        }
        let removed = self.changes.contains_key(path.as_str());
        let below = self.below_entry(path.as_str())?.filter(|_| !removed);
        if self.changes_below(path.as_str()).next().is_none() {
            return Ok(below);
        }
        Ok(self.is_folder(&path, below.as_ref())?.then(|| altered_folder(path)))
    }

    /// Something is left in a folder with changes below it.
    fn is_folder(&self, path: &RepoPath, below: Option<&TreeEntry>) -> Result<bool, GitError> {
        if self.changes_below(path.as_str()).any(|(_, entry)| entry.is_some()) {
            return Ok(true);
        }
        let (Some((_, tree)), Some(below)) = (&self.below, below) else { return Ok(false) };
        let mut open = vec![below.clone()];
        while let Some(entry) = open.pop() {
            if entry.kind == EntryKind::Folder {
                open.extend(tree.children_of(&entry)?);
            } else if !self.changes.contains_key(entry.path.as_str()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn children(&self, parent: &TreeEntry) -> Result<Vec<TreeEntry>, GitError> {
        let folder = parent.path.as_str();
        let stored = match (&self.below, parent.id) {
            (Some((_, tree)), Some(_)) => return tree.children_of(parent),
            (Some((_, tree)), None) => tree.children(folder)?,
            (None, _) => Vec::new(),
        };
        let mut children = BTreeMap::new();
        for child in stored {
            if let Some(child) = self.entry(child.path)? {
                children.insert(child.path.clone(), child);
            }
        }
        let skip = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let mut last = "";
        for (path, _) in self.changes_below(folder) {
            let Some(name) = path.get(skip..).and_then(|rest| rest.split('/').next()) else { continue };
            let Some(child) = path.get(..skip + name.len()).filter(|child| *child != last) else { continue };
            last = child;
            if let Some(entry) = self.entry(child.into())? {
                children.insert(entry.path.clone(), entry);
            }
        }
        Ok(children.into_values().collect())
    }

    pub(super) fn read_disk(&self, entry: &TreeEntry, path: &Path, of: Of) -> Result<Content, GitError> {
        match &self.clean {
            Some(clean) => clean.read(entry, path, of),
            None => Ok(super::content::read_disk(path, of)),
        }
    }
}

/// A folder of which no git tree knows.
fn altered_folder(path: RepoPath) -> TreeEntry {
    TreeEntry { path, kind: EntryKind::Folder, id: None, at: At::Store }
}

/// Reads files of the work tree as `git add` would store them (`core.autocrlf`, the attributes `text`, `eol` and
/// `ident`), because the cluster gets what is committed. libgit2 offers that only as "write the file into the object
/// store", so a handle is kept whose store writes into memory.
pub(super) struct CleanFilter {
    repository: Repository,
    handle: Mutex<Option<MemoryHandle>>,
}

/// A handle that stores into memory, and how much it has stored.
struct MemoryHandle {
    handle: git2::Repository,
    bytes: u64,
}

/// A handle that holds this many bytes is given up for a new one.
const MEMORY_BYTES: u64 = 2 * MAX_FILE_BYTES;

impl fmt::Debug for CleanFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CleanFilter")
    }
}

impl CleanFilter {
    pub(super) fn new(repository: &Repository) -> Self {
        Self { repository: repository.clone(), handle: Mutex::default() }
    }

    /// The git id that a regular file would get; none if it is over the limit or cannot be read, which reading tells.
    pub(super) fn id(&self, path: &Path) -> Result<Option<ObjectId>, GitError> {
        Ok(self.store(path, |_, id| Ok(id))?.ok().map(ObjectId::from))
    }

    fn read(&self, entry: &TreeEntry, path: &Path, of: Of) -> Result<Content, GitError> {
        let stored = self.store(path, |handle, id| {
            // External programs are not run. What they would have stored instead is not in the file.
            let relative = self.repository.work_dir().and_then(|dir| path.strip_prefix(dir).ok()).unwrap_or(path);
            let filter = handle.get_attr(relative, "filter", git2::AttrCheckFlags::FILE_THEN_INDEX);
            let blob = handle.find_blob(id).map_err(GitError::git(format!("reading {}", entry.path)))?;
            Ok((id, external(filter.ok().flatten()).unwrap_or_else(|| of(blob.content().to_vec()))))
        })?;
        match stored {
            // The id is the key under which facts about the content are remembered.
            Ok((id, _)) if entry.id.is_some_and(|expected| oid(expected) != id) => {
                Err(GitError::ChangedWhileReading { path: entry.path.clone() })
            }
            Ok((_, content)) | Err(content) => Ok(content),
        }
    }

    /// Stores a file in memory. The inner error is why the file cannot be read.
    fn store<T>(
        &self,
        path: &Path,
        work: impl FnOnce(&git2::Repository, Oid) -> Result<T, GitError>,
    ) -> Result<Result<T, Content>, GitError> {
        let length = match path.symlink_metadata() {
            Err(error) => return Ok(Err(Content::unreadable(&error))),
            Ok(metadata) if !metadata.is_file() => {
                return Ok(Err(Content::NotJudged(Reason::Unreadable, "it is not a regular file".into())));
            }
            Ok(metadata) if metadata.len() > MAX_FILE_BYTES => return Ok(Err(Content::too_large(metadata.len()))),
            Ok(metadata) => metadata.len(),
        };
        if let Err(error) = std::fs::File::open(path) {
            return Ok(Err(Content::unreadable(&error)));
        }
        let mut slot = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let used = slot.take().filter(|memory| memory.bytes < MEMORY_BYTES);
        let memory = match used {
            Some(memory) => memory,
            None => MemoryHandle { handle: self.memory_handle()?, bytes: 0 },
        };
        let memory = slot.insert(memory);
        memory.bytes += length;
        let id = memory.handle.blob_path(path).map_err(GitError::git(format!("reading {}", path.display())))?;
        work(&memory.handle, id).map(Ok)
    }

    fn memory_handle(&self) -> Result<git2::Repository, GitError> {
        // Before the stores on disk, whose priorities are 1 and 2.
        const FIRST: i32 = 1000;
        let doing = "preparing to read the work tree";
        let handle = self.repository.reopen()?;
        handle.odb().and_then(|odb| odb.add_new_mempack_backend(FIRST).map(|_| ())).map_err(GitError::git(doing))?;
        Ok(handle)
    }
}

fn external(filter: Option<&str>) -> Option<Content> {
    match filter? {
        "lfs" => Some(Content::NotJudged(Reason::LfsPointer, "Git LFS will store a pointer".into())),
        "git-crypt" => Some(Content::NotJudged(Reason::GitCrypt, "git-crypt will encrypt it".into())),
        _ => None,
    }
}
