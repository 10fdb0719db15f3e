//! One side of a comparison.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::Oid;

use super::content::{self, Content, MAX_FILE_BYTES, Of};
use super::error::GitError;
use super::folder;
use super::overlay::Overlay;
use super::repository::Repository;
use crate::finding::Reason;
use crate::source::RepoPath;

/// The most files that a walk or a diff lists, about 100 MB of them. Large repositories of manifests have 200,000; a tree
/// that holds itself many times over (a "git bomb") has 10^10 in a few kilobytes.
pub const MAX_FILES: usize = 500_000;

/// The longest path, in bytes: Linux opens none that is longer.
pub const MAX_PATH_BYTES: usize = 4096;

/// A git object id (SHA-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// An id from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl From<Oid> for ObjectId {
    fn from(id: Oid) -> Self {
        let mut bytes = [0; 20];
        for (to, from) in bytes.iter_mut().zip(id.as_bytes()) {
            *to = *from;
        }
        Self(bytes)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A regular file that may be executed.
    Executable,
    /// A symbolic link. Never followed.
    Symlink,
    /// Another repository.
    Submodule,
    /// A folder.
    Folder,
    /// A named pipe, socket or device; only in folders outside git. Never opened.
    Special,
}

impl EntryKind {
    /// The kind of a git mode. Old versions of git wrote others than 100644 and 100755 for regular files.
    pub(super) fn of_mode(mode: i32) -> Self {
        match mode & 0o170_000 {
            0o040_000 => Self::Folder,
            0o120_000 => Self::Symlink,
            0o160_000 => Self::Submodule,
            _ if mode & 0o100 != 0 => Self::Executable,
            _ => Self::File,
        }
    }

    /// A regular file, executable or not.
    #[must_use]
    pub fn is_regular(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

/// A file or folder of a [`Tree`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its path.
    pub path: RepoPath,
    /// What it is.
    pub kind: EntryKind,
    /// The git id of its content (blob, tree, or a submodule's commit), where one is known.
    pub id: Option<ObjectId>,
    pub(super) at: At,
}

/// Where an entry's content is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// In the object store, under the entry's id; folders of an [`Overlay`] nowhere.
    Store,
    /// On disk.
    Disk(Arc<Path>),
    /// Here.
    Memory(Arc<[u8]>),
}

impl TreeEntry {
    /// The last component of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.file_name()
    }

    pub(super) fn stored(path: RepoPath, kind: EntryKind, id: Oid) -> Self {
        Self { path, kind, id: Some(id.into()), at: At::Store }
    }
}

/// An entry of a git tree, without its folder.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) name: RepoPath,
    pub(super) kind: EntryKind,
    pub(super) id: Oid,
}

impl Child {
    pub(super) fn of(entry: &git2::TreeEntry<'_>, folder: &RepoPath) -> Result<Self, GitError> {
        let name = RepoPath::from_bytes(entry.name_bytes());
        check_name(folder, &name)?;
        Ok(Self { name, kind: EntryKind::of_mode(entry.filemode_raw()), id: entry.id() })
    }

    pub(super) fn below(&self, folder: &RepoPath) -> Result<TreeEntry, GitError> {
        Ok(TreeEntry::stored(join(folder, self.name.as_str())?, self.kind, self.id))
    }
}

/// One side of a comparison: a commit's tree, the index, the work tree, a folder, single files, or nothing. Cloning is
/// cheap, and it may be read from many threads.
#[derive(Clone, Debug)]
pub struct Tree(Arc<Inner>);

#[derive(Debug)]
pub(super) enum Inner {
    Empty,
    Git { repository: Repository, root: Oid },
    Overlay(Overlay),
    Folder(PathBuf),
}

impl Tree {
    /// A tree that holds nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self(Arc::new(Inner::Empty))
    }

    /// A folder outside git. Symbolic links below it are not followed; a `.git` in it is left out.
    #[must_use]
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Inner::Folder(path.into())))
    }

    /// The folder that it reads, of a tree that is one.
    #[must_use]
    pub fn on_disk(&self) -> Option<&Path> {
        match &*self.0 {
            Inner::Folder(path) => Some(path),
            _ => None,
        }
    }

    pub(super) fn git(repository: Repository, root: Oid) -> Self {
        Self(Arc::new(Inner::Git { repository, root }))
    }

    pub(super) fn overlay(overlay: Overlay) -> Self {
        Self(Arc::new(Inner::Overlay(overlay)))
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The top folder, whose path is empty.
    #[must_use]
    pub fn root(&self) -> TreeEntry {
        let path = RepoPath::from("");
        let (id, at) = match &*self.0 {
            Inner::Empty => (None, At::Store),
            Inner::Git { root, .. } => (Some((*root).into()), At::Store),
            Inner::Overlay(overlay) => (overlay.root_id(), At::Store),
            Inner::Folder(dir) => (None, At::Disk(Arc::from(dir.as_path()))),
        };
        TreeEntry { path, kind: EntryKind::Folder, id, at }
    }

    /// Both are one tree, as far as that can be told without looking into them.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.root().id.is_some_and(|id| other.root().id == Some(id))
    }

    /// The file or folder at a path; the empty path is the top folder. A path through a symbolic link is none.
    pub fn entry(&self, path: &str) -> Result<Option<TreeEntry>, GitError> {
        let mut entry = self.root();
        for name in path.split('/').filter(|_| !path.is_empty()) {
            if entry.kind != EntryKind::Folder || matches!(name, "" | "." | "..") {
                return Ok(None);
            }
            entry = match self.child(&entry, name)? {
                Some(child) => child,
                None => return Ok(None),
            };
        }
        Ok(Some(entry))
    }

    fn child(&self, parent: &TreeEntry, name: &str) -> Result<Option<TreeEntry>, GitError> {
        match (&*self.0, &parent.at, parent.id) {
            (Inner::Git { repository, .. }, _, Some(id)) => {
                let listing = repository.listing(oid(id), &parent.path)?;
                let found = listing.binary_search_by(|child| child.name.as_str().cmp(name));
                found.ok().and_then(|at| listing.get(at)).map(|child| child.below(&parent.path)).transpose()
            }
            (Inner::Overlay(overlay), ..) => overlay.entry(join(&parent.path, name)?),
            (Inner::Folder(_), At::Disk(dir), _) => folder::child(dir, &parent.path, name),
            _ => Ok(None),
        }
    }

    /// What lies directly in a folder, sorted by name. Empty when there is no such folder.
    pub fn children(&self, folder: &str) -> Result<Vec<TreeEntry>, GitError> {
        match self.entry(folder)? {
            Some(entry) => self.children_of(&entry),
            None => Ok(Vec::new()),
        }
    }

    /// What lies directly in a folder that this tree gave, sorted by name. Empty for a file.
    pub fn children_of(&self, parent: &TreeEntry) -> Result<Vec<TreeEntry>, GitError> {
        if parent.kind != EntryKind::Folder {
            return Ok(Vec::new());
        }
        match (&*self.0, &parent.at, parent.id) {
            (Inner::Git { repository, .. }, _, Some(id)) => {
                repository.listing(oid(id), &parent.path)?.iter().map(|child| child.below(&parent.path)).collect()
            }
            (Inner::Overlay(overlay), ..) => overlay.children(parent),
            (Inner::Folder(_), At::Disk(dir), _) => folder::children(dir, &parent.path),
            _ => Ok(Vec::new()),
        }
    }

    /// The git id of a folder that is exactly a git tree. None for folders on disk and for those below which the index
    /// or the work tree differs.
    pub fn folder_id(&self, folder: &str) -> Result<Option<ObjectId>, GitError> {
        Ok(self.entry(folder)?.filter(|entry| entry.kind == EntryKind::Folder).and_then(|entry| entry.id))
    }

    /// Every entry below a folder that is not a folder itself, each folder's in the order of names.
    pub fn files(&self, folder: &str) -> Result<Vec<TreeEntry>, GitError> {
        let Some(top) = self.entry(folder)? else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        self.collect_files(top, &mut files)?;
        Ok(files)
    }

    pub(super) fn collect_files(&self, top: TreeEntry, files: &mut Vec<TreeEntry>) -> Result<(), GitError> {
        let start = top.path.clone();
        // A stack of our own: a tree may be deeper than the thread's stack.
        let mut open = vec![top];
        let mut seen = files.len();
        while let Some(entry) = open.pop() {
            seen += 1;
            if seen > MAX_FILES {
                return Err(GitError::TooManyFiles { folder: start, limit: MAX_FILES });
            }
            if entry.kind == EntryKind::Folder {
                open.extend(self.children_of(&entry)?.into_iter().rev());
            } else {
                files.push(entry);
            }
        }
        Ok(())
    }

    /// The content of a file that this tree gave.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] in a partial or damaged clone; what lies in the file itself is never an error but
    /// [`Content::NotJudged`].
    pub fn read(&self, entry: &TreeEntry) -> Result<Content, GitError> {
        self.content(entry, Content::of)
    }

    /// The content of a file that is meant to be binary. As [`Tree::read`] otherwise.
    pub fn read_binary(&self, entry: &TreeEntry) -> Result<Content, GitError> {
        match self.checked_out(entry) {
            Some(bytes) => Ok(Content::of_binary(bytes)),
            None => self.content(entry, Content::of_binary),
        }
    }

    /// The bytes of a stored file, if the work tree has the same at its path: to hash a large file takes a tenth of the
    /// time that it takes to inflate it.
    fn checked_out(&self, entry: &TreeEntry) -> Option<Vec<u8>> {
        let id = entry.id.filter(|_| entry.at == At::Store && entry.kind.is_regular())?;
        let path = self.repository()?.work_dir()?.join(entry.path.as_str());
        content::read_blob(&path, id)
    }

    /// What a symbolic link says, as it is written; none for anything else, or where it cannot be read.
    ///
    /// # Errors
    /// As [`Tree::read`].
    pub fn link(&self, entry: &TreeEntry) -> Result<Option<RepoPath>, GitError> {
        if entry.kind != EntryKind::Symlink {
            return Ok(None);
        }
        Ok(match &entry.at {
            At::Disk(path) => {
                std::fs::read_link(path).ok().map(|target| RepoPath::from_bytes(target.as_os_str().as_encoded_bytes()))
            }
            At::Memory(bytes) => Some(RepoPath::from_bytes(bytes)),
            At::Store => {
                match self.read_stored(&TreeEntry { kind: EntryKind::File, ..entry.clone() }, Content::Bytes)? {
                    Content::Bytes(bytes) => Some(RepoPath::from_bytes(&bytes)),
                    Content::NotJudged(..) => None,
                }
            }
        })
    }

    fn content(&self, entry: &TreeEntry, of: Of) -> Result<Content, GitError> {
        match (entry.kind, &entry.at) {
            (EntryKind::Folder, _) => Ok(Content::NotJudged(Reason::Unreadable, "it is a folder".into())),
            (EntryKind::Special, _) => {
                Ok(Content::NotJudged(Reason::Unreadable, "it is a pipe, a socket or a device".into()))
            }
            (EntryKind::Submodule, _) => {
                let commit = entry.id.map_or_else(String::new, |id| format!(" at commit {id}"));
                Ok(Content::NotJudged(Reason::Submodule, format!("another repository{commit}")))
            }
            (EntryKind::Symlink, At::Disk(path)) => Ok(match std::fs::read_link(path) {
                Ok(target) => Content::symlink(target.as_os_str().as_encoded_bytes()),
                Err(error) => Content::unreadable(&error),
            }),
            (_, At::Memory(bytes)) => Ok(of(bytes.to_vec())),
            (_, At::Disk(path)) => match &*self.0 {
                Inner::Overlay(overlay) => overlay.read_disk(entry, path, of),
                _ => Ok(content::read_disk(path, of)),
            },
            (_, At::Store) => self.read_stored(entry, of),
        }
    }

    fn repository(&self) -> Option<&Repository> {
        match &*self.0 {
            Inner::Git { repository, .. } => Some(repository),
            Inner::Overlay(overlay) => overlay.repository(),
            Inner::Empty | Inner::Folder(_) => None,
        }
    }

    fn read_stored(&self, entry: &TreeEntry, of: Of) -> Result<Content, GitError> {
        let (Some(repository), Some(id)) = (self.repository(), entry.id) else {
            return Ok(Content::NotJudged(Reason::Unreadable, "it is of another tree".into()));
        };
        let id = oid(id);
        repository.with(|handle| {
            let missing = |error| repository.missing(handle, error, id, &entry.path, false);
            let odb = handle.odb().map_err(GitError::git("opening the object store"))?;
            let (size, _) = odb.read_header(id).map_err(missing)?;
            if size as u64 > MAX_FILE_BYTES {
                return Ok(Content::too_large(size as u64));
            }
            let object = odb.read(id).map_err(missing)?;
            Ok(match entry.kind {
                EntryKind::Symlink => Content::symlink(object.data()),
                _ => of(object.data().to_vec()),
            })
        })
    }
}

pub(super) fn oid(id: ObjectId) -> Oid {
    // Twenty bytes are an id always.
    Oid::from_bytes(&id.0).unwrap_or(Oid::ZERO_SHA1)
}

/// The path of an entry in a folder.
pub(super) fn join(folder: &RepoPath, name: &str) -> Result<RepoPath, GitError> {
    let folder = folder.as_str();
    if folder.len() + name.len() >= MAX_PATH_BYTES {
        let start: String = format!("{folder}/{name}").chars().take(60).collect();
        return Err(GitError::PathTooLong { start: start.as_str().into(), limit: MAX_PATH_BYTES });
    }
    Ok(if folder.is_empty() { name.into() } else { format!("{folder}/{name}").as_str().into() })
}

/// A name that git would refuse to check out could let one path pass for another.
pub(super) fn check_name(folder: &RepoPath, name: &RepoPath) -> Result<(), GitError> {
    if matches!(name.as_str(), "" | "." | "..") || name.as_str().contains('/') {
        return Err(GitError::BadName { folder: folder.clone(), name: name.clone() });
    }
    Ok(())
}
