//! Folders and single files outside git.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::error::GitError;
use super::overlay::Overlay;
use super::tree::{At, EntryKind, Tree, TreeEntry, check_name, join};
use crate::source::RepoPath;

/// The path that the text of standard input goes by.
pub(super) const STDIN_PATH: &str = "stdin.yaml";

/// What lies directly in a folder, sorted by name.
pub(super) fn children(dir: &Path, folder: &RepoPath) -> Result<Vec<TreeEntry>, GitError> {
    let failed = |source| GitError::Io { path: dir.to_owned(), source };
    let mut children = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = RepoPath::from_bytes(entry.file_name().as_encoded_bytes());
        if name.as_str() == ".git" {
            continue;
        }
        check_name(folder, &name)?;
        // Does not follow links.
        let metadata = entry.metadata().map_err(failed)?;
        children.push(on_disk(join(folder, name.as_str())?, &metadata, entry.path()));
    }
    children.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(children)
}

/// One entry of a folder.
pub(super) fn child(dir: &Path, folder: &RepoPath, name: &str) -> Result<Option<TreeEntry>, GitError> {
    // The text of a name that is not UTF-8 is not the name (see `RepoPath`).
    if name.chars().any(|c| ('\u{F780}'..='\u{F7FF}').contains(&c)) {
        return Ok(children(dir, folder)?.into_iter().find(|child| child.name() == name));
    }
    if name == ".git" || name.contains(['\0', std::path::MAIN_SEPARATOR]) {
        return Ok(None);
    }
    let path = dir.join(name);
    match path.symlink_metadata() {
        Ok(metadata) => Ok(Some(on_disk(join(folder, name)?, &metadata, path))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(source) => Err(GitError::Io { path, source }),
    }
}

fn on_disk(path: RepoPath, metadata: &Metadata, at: PathBuf) -> TreeEntry {
    let kind = match metadata.file_type() {
        kind if kind.is_dir() => EntryKind::Folder,
        kind if kind.is_symlink() => EntryKind::Symlink,
        kind if !kind.is_file() => EntryKind::Special,
        _ if is_executable(metadata) => EntryKind::Executable,
        _ => EntryKind::File,
    };
    TreeEntry { path, kind, id: None, at: At::Disk(at.into()) }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// A folder of the command line, which must exist. A link to one is followed: the user named it.
pub(super) fn named_folder(path: &Path, current_dir: &Path) -> Result<Tree, GitError> {
    let full = current_dir.join(path);
    match full.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(Tree::folder(full)),
        Ok(_) => Err(GitError::Io { path: path.to_owned(), source: ErrorKind::NotADirectory.into() }),
        Err(error) => Err(named_error(path, error)),
    }
}

fn named_error(path: &Path, source: std::io::Error) -> GitError {
    match source.kind() {
        ErrorKind::NotFound => GitError::NoSuchPath { path: path.to_owned() },
        _ => GitError::Io { path: path.to_owned(), source },
    }
}

/// The tree of the paths of a command line, and the folder that its paths count from: the one folder that was named, else
/// the current folder if it holds them all, else the deepest folder that does. Links among the named paths are
/// followed, links below them are not.
pub(super) fn named_paths(paths: &[PathBuf], current_dir: &Path) -> Result<(Tree, PathBuf), GitError> {
    if let [only] = paths {
        let full = clean(&current_dir.join(only));
        if full.is_dir() {
            return Ok((Tree::folder(full.clone()), full));
        }
    }
    let full: Vec<PathBuf> = paths.iter().map(|path| clean(&current_dir.join(path))).collect();
    let mut top = clean(current_dir);
    if !full.iter().all(|path| path.starts_with(&top)) {
        let first = full.first().and_then(|path| path.parent());
        top = first.map(Path::to_owned).unwrap_or_default();
        while !full.iter().all(|path| path.starts_with(&top)) && top.pop() {}
    }
    let mut entries = BTreeMap::new();
    for (path, given) in full.iter().zip(paths) {
        let metadata = path.metadata().map_err(|error| named_error(given, error))?;
        let below = path.strip_prefix(&top).unwrap_or(path);
        let names: Vec<&[u8]> = below.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
        let name = RepoPath::from_bytes(&names.join(&b'/'));
        let target = path.canonicalize().map_err(|error| named_error(given, error))?;
        let mut files = Vec::new();
        let entry = on_disk(name, &metadata, target);
        Tree::folder(top.clone()).collect_files(entry, &mut files)?;
        entries.extend(files.into_iter().map(|file| (file.path.as_str().into(), Some(file))));
    }
    Ok((Tree::overlay(Overlay::new(None, entries)), top))
}

/// Without `.` and `..`, by text alone.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// A tree with the text of standard input as its only file.
pub(super) fn stdin(bytes: Vec<u8>) -> Tree {
    Tree::of_files([(RepoPath::from(STDIN_PATH), bytes.into())])
}

impl Tree {
    /// A tree of files in memory.
    #[must_use]
    pub fn of_files(files: impl IntoIterator<Item = (RepoPath, Arc<[u8]>)>) -> Self {
        let entry = |(path, bytes): (RepoPath, _)| {
            let name = path.as_str().into();
            (name, Some(TreeEntry { path, kind: EntryKind::File, id: None, at: At::Memory(bytes) }))
        };
        Self::overlay(Overlay::new(None, files.into_iter().map(entry).collect()))
    }
}
