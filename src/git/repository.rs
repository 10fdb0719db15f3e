//! Opening a repository, and handing libgit2's handle to many threads.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use git2::{Oid, RepositoryOpenFlags};

use super::error::GitError;
use super::tree::Child;
use crate::source::RepoPath;

/// What of the process's surroundings decides what is compared. The library never reads the environment itself.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The current folder, absolute.
    pub current_dir: PathBuf,
    /// `GIT_DIR`: the repository, instead of a search upwards.
    pub git_dir: Option<OsString>,
    /// `GIT_WORK_TREE`.
    pub git_work_tree: Option<OsString>,
    /// `GIT_INDEX_FILE`: set by `git commit -a` and `git commit PATH` for their hooks.
    pub git_index_file: Option<OsString>,
    /// `GIT_CEILING_DIRECTORIES`: where the search upwards ends.
    pub git_ceiling_directories: Option<OsString>,
    /// `GIT_OBJECT_DIRECTORY`: set for the hooks of a receiving repository (the quarantine).
    pub git_object_directory: Option<OsString>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
    pub git_alternate_object_directories: Option<OsString>,
    /// `GITHUB_EVENT_NAME`.
    pub github_event_name: Option<String>,
    /// `GITHUB_EVENT_PATH`: the file of the CI's event.
    pub github_event_path: Option<PathBuf>,
    /// `GITHUB_SHA`: the commit that triggered the run; for `pull_request` the merge ref's.
    pub github_sha: Option<String>,
}

impl Environment {
    /// Takes what is needed from a look-up such as [`std::env::var_os`]. Empty variables count as unset.
    pub fn new(current_dir: PathBuf, lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let text = |name: &str| get(name).and_then(|value| value.into_string().ok());
        Self {
            current_dir,
            git_dir: get("GIT_DIR"),
            git_work_tree: get("GIT_WORK_TREE"),
            git_index_file: get("GIT_INDEX_FILE"),
            git_ceiling_directories: get("GIT_CEILING_DIRECTORIES"),
            git_object_directory: get("GIT_OBJECT_DIRECTORY"),
            git_alternate_object_directories: get("GIT_ALTERNATE_OBJECT_DIRECTORIES"),
            github_event_name: text("GITHUB_EVENT_NAME"),
            github_event_path: get("GITHUB_EVENT_PATH").map(PathBuf::from),
            github_sha: text("GITHUB_SHA"),
        }
    }
}

/// A folder with more entries than this is kept after it was first read: libgit2 keeps smaller ones itself.
const KEEP_FROM: usize = 100;
/// How many entries are kept at most, about 20 MB.
const KEEP_AT_MOST: usize = 300_000;

/// An open repository. Cloning is cheap and it may be used from many threads.
#[derive(Clone)]
pub struct Repository(Arc<Inner>);

struct Inner {
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    index_file: Option<PathBuf>,
    object_dirs: Vec<PathBuf>,
    /// Handles that nobody uses at the moment; libgit2's handle must not be shared between threads.
    idle: Mutex<Vec<git2::Repository>>,
    large_folders: Mutex<HashMap<Oid, Arc<[Child]>>>,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repository({})", self.0.git_dir.display())
    }
}

impl Repository {
    /// Opens the repository of `GIT_DIR`, else the one that holds the current folder.
    pub fn open(environment: &Environment) -> Result<Self, GitError> {
        let here = &environment.current_dir;
        let ceilings: Vec<PathBuf> =
            environment.git_ceiling_directories.iter().flat_map(|list| std::env::split_paths(list)).collect();
        let (start, flags) = match &environment.git_dir {
            Some(dir) => (here.join(dir), exactly()),
            None => (here.clone(), RepositoryOpenFlags::empty()),
        };
        // git does not hash what it reads either: fetching did, and hashing costs as much as reading YAML does.
        git2::opts::strict_hash_verification(false);
        let handle = git2::Repository::open_ext(&start, flags, ceilings).map_err(|error| open_error(&start, error))?;
        let work_dir = work_dir(&handle, environment)?;
        let index_file = environment.git_index_file.as_ref().map(|file| work_dir.as_deref().unwrap_or(here).join(file));
        let alternates =
            environment.git_alternate_object_directories.iter().flat_map(|list| std::env::split_paths(list));
        let object_dirs = environment
            .git_object_directory
            .iter()
            .map(PathBuf::from)
            .chain(alternates)
            .map(|dir| here.join(dir))
            .collect();
        let inner = Inner {
            git_dir: handle.path().to_owned(),
            common_dir: handle.commondir().to_owned(),
            work_dir,
            index_file,
            object_dirs,
            idle: Mutex::default(),
            large_folders: Mutex::default(),
        };
        inner.prepare(&handle)?;
        inner.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(Self(Arc::new(inner)))
    }

    /// The git directory that all work trees of the repository share.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.0.common_dir
    }

    /// The work tree's folder; none in a bare repository.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.0.work_dir.as_deref()
    }

    pub(super) fn git_dir(&self) -> &Path {
        &self.0.git_dir
    }

    pub(super) fn index_file(&self) -> Option<&Path> {
        self.0.index_file.as_deref()
    }

    /// Another handle of the same repository.
    pub(super) fn reopen(&self) -> Result<git2::Repository, GitError> {
        let handle = git2::Repository::open_ext(&self.0.git_dir, exactly(), std::iter::empty::<&Path>())
            .map_err(|error| open_error(&self.0.git_dir, error))?;
        self.0.prepare(&handle)?;
        Ok(handle)
    }

    /// Lends an idle handle, or a new one.
    pub(super) fn with<T>(&self, work: impl FnOnce(&git2::Repository) -> Result<T, GitError>) -> Result<T, GitError> {
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = match idle {
            Some(handle) => handle,
            None => self.reopen()?,
        };
        let result = work(&handle);
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        result
    }

    /// Lends a git tree. `folder` is its path, for errors.
    pub(super) fn with_tree<T>(
        &self,
        id: Oid,
        folder: &RepoPath,
        work: impl FnOnce(&git2::Tree<'_>) -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        self.with(|handle| work(&handle.find_tree(id).map_err(|error| self.missing(handle, error, id, folder, true))?))
    }

    /// What a git tree holds, sorted by name. `folder` is its path, for errors.
    pub(super) fn listing(&self, id: Oid, folder: &RepoPath) -> Result<Arc<[Child]>, GitError> {
        let kept = self.0.large_folders.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(listing) = kept {
            return Ok(listing);
        }
        let listing = self.with_tree(id, folder, |tree| children(tree, folder))?;
        if listing.len() >= KEEP_FROM {
            let mut kept = self.0.large_folders.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.values().map(|other| other.len()).sum::<usize>() + listing.len() > KEEP_AT_MOST {
                kept.clear();
            }
            kept.insert(id, Arc::clone(&listing));
        }
        Ok(listing)
    }

    /// The error for an object that could not be read.
    #[expect(clippy::unused_self, reason = "it belongs to the repository whose handle it takes")]
    pub(super) fn missing(
        &self,
        handle: &git2::Repository,
        error: git2::Error,
        id: Oid,
        path: &RepoPath,
        folder: bool,
    ) -> GitError {
        if error.code() != git2::ErrorCode::NotFound {
            return GitError::git(format!("reading {path}"))(error);
        }
        GitError::MissingObject { path: path.clone(), id: id.to_string(), folder, partial: is_partial(handle) }
    }
}

impl Inner {
    /// What a handle needs beyond its path.
    fn prepare(&self, handle: &git2::Repository) -> Result<(), GitError> {
        let own = handle.workdir().map(Path::to_path_buf);
        if let Some(dir) = self.work_dir.as_ref().filter(|dir| own.as_ref() != Some(dir)) {
            handle.set_workdir(dir, false).map_err(GitError::git("setting the work tree"))?;
        }
        for dir in &self.object_dirs {
            let odb = handle.odb().map_err(GitError::git("opening the object store"))?;
            odb.add_disk_alternate(&dir.to_string_lossy()).map_err(GitError::git("adding an object directory"))?;
        }
        Ok(())
    }
}

fn exactly() -> RepositoryOpenFlags {
    RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT
}

/// The work tree as git finds it: `GIT_WORK_TREE`, the repository's own, and with a bare `GIT_DIR=…/.git` the current
/// folder.
fn work_dir(handle: &git2::Repository, environment: &Environment) -> Result<Option<PathBuf>, GitError> {
    let here = &environment.current_dir;
    if let Some(dir) = &environment.git_work_tree {
        return Ok(Some(here.join(dir)));
    }
    if handle.is_bare() {
        return Ok(None);
    }
    let config = handle.config().map_err(GitError::git("reading the repository's config"))?;
    let configured = config.get_path("core.worktree").is_ok() || handle.is_worktree();
    if environment.git_dir.is_some() && !configured {
        return Ok(Some(here.clone()));
    }
    Ok(handle.workdir().map(Path::to_path_buf))
}

fn open_error(path: &Path, error: git2::Error) -> GitError {
    let path = path.to_owned();
    let message = error.message();
    if error.code() == git2::ErrorCode::NotFound {
        return GitError::NotARepository { path };
    }
    if error.code() == git2::ErrorCode::Owner {
        // libgit2 names the folder whose owner counts: '…' in its message.
        let named = message.split('\'').nth(1).map_or(path, PathBuf::from);
        return GitError::ForeignOwner { path: named };
    }
    if let Some(format) = message.strip_prefix("unknown object format ") {
        return GitError::UnsupportedFormat {
            path,
            what: format!("{} object ids", format.trim_matches('\'').to_uppercase()),
        };
    }
    if let Some(extension) = message.strip_prefix("unsupported extension name extensions.") {
        let what = match extension {
            "refstorage" => "another storage for refs than files (reftable)".to_owned(),
            other => format!("the extension {}", other.escape_debug()),
        };
        return GitError::UnsupportedFormat { path, what };
    }
    GitError::Git { doing: format!("opening the repository at {}", path.display()), source: error }
}

/// The clone leaves objects with its remote (`git clone --filter=…`).
fn is_partial(handle: &git2::Repository) -> bool {
    let Ok(config) = handle.config() else { return false };
    if config.get_string("extensions.partialclone").is_ok() {
        return true;
    }
    let Ok(mut entries) = config.entries(Some(r"^remote\..*\.promisor$")) else { return false };
    matches!(entries.next(), Some(Ok(_)))
}

fn children(tree: &git2::Tree<'_>, folder: &RepoPath) -> Result<Arc<[Child]>, GitError> {
    let mut children = Vec::with_capacity(tree.len());
    for entry in tree {
        children.push(Child::of(&entry, folder)?);
    }
    // git sorts a folder as if its name ended with a slash.
    children.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(children.into())
}
