//! What differs between two trees.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering as AtomicOrdering};

use git2::{DiffOptions, ObjectType, Oid, Patch};
use rayon::prelude::*;

use super::content::MAX_FILE_BYTES;
use super::error::GitError;
use super::repository::Repository;
use super::tree::{At, Child, EntryKind, Inner, MAX_FILES, ObjectId, Tree, TreeEntry, oid};
use crate::source::RepoPath;

/// A file that differs between two trees. At least one of `old` and `new` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path: the new one of a moved file.
    pub path: RepoPath,
    /// The file at the base.
    pub old: Option<TreeEntry>,
    /// The file at the head.
    pub new: Option<TreeEntry>,
    /// Where the file lay before, if it was moved without a change of its content.
    pub moved_from: Option<RepoPath>,
}

/// Every file that differs in content, mode or kind, sorted by path. Folders with equal git ids are not opened; files
/// outside git are compared by their bytes. A deleted and an added file with the same content are one moved file if there
/// is exactly one of each.
pub fn diff(base: &Tree, head: &Tree) -> Result<Vec<FileChange>, GitError> {
    let walk = Walk { base, head, visited: AtomicUsize::new(0) };
    let mut changes = Vec::new();
    // Level by level, not by recursion: a tree may be deeper than the thread's stack.
    let mut open = vec![(base.root(), head.root())];
    while !open.is_empty() {
        let pairs: Vec<_> = open.par_iter().map(|(old, new)| walk.folder(old, new)).collect();
        open.clear();
        for found in pairs {
            let Found { changes: more, folders } = found?;
            changes.extend(more);
            open.extend(folders);
        }
    }
    let mut changes = pair_moved(changes);
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

struct Walk<'a> {
    base: &'a Tree,
    head: &'a Tree,
    visited: AtomicUsize,
}

/// What a pair of folders holds: files that differ, and pairs of folders that may.
#[derive(Default)]
struct Found {
    changes: Vec<FileChange>,
    folders: Vec<(TreeEntry, TreeEntry)>,
}

impl Walk<'_> {
    fn folder(&self, old: &TreeEntry, new: &TreeEntry) -> Result<Found, GitError> {
        let (before, after) = self.candidates(old, new)?;
        self.count(before.len() + after.len())?;
        let mut found = Found::default();
        let (mut before, mut after) = (before.into_iter().peekable(), after.into_iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return Ok(found),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.path.cmp(&b.path),
            };
            let a = if order == Ordering::Greater { None } else { before.next() };
            let b = if order == Ordering::Less { None } else { after.next() };
            self.pair(a, b, &mut found)?;
        }
    }

    /// Counts what the walk has come across, in all threads.
    fn count(&self, more: usize) -> Result<(), GitError> {
        if self.visited.fetch_add(more, AtomicOrdering::Relaxed) + more > MAX_FILES {
            return Err(GitError::TooManyFiles { folder: RepoPath::from(""), limit: MAX_FILES });
        }
        Ok(())
    }

    /// The entries of two folders, of two git trees only those that differ.
    fn candidates(&self, old: &TreeEntry, new: &TreeEntry) -> Result<(Vec<TreeEntry>, Vec<TreeEntry>), GitError> {
        if let (Inner::Git { repository: r, .. }, Inner::Git { repository: s, .. }) =
            (self.base.inner(), self.head.inner())
            && let (Some(a), Some(b)) = (old.id, new.id)
        {
            return differing(r, (a, &old.path), s, (b, &new.path));
        }
        Ok((self.base.children_of(old)?, self.head.children_of(new)?))
    }

    fn pair(&self, old: Option<TreeEntry>, new: Option<TreeEntry>, found: &mut Found) -> Result<(), GitError> {
        let is_folder = |entry: &TreeEntry| entry.kind == EntryKind::Folder;
        match (old, new) {
            (Some(a), Some(b)) if is_folder(&a) && is_folder(&b) => {
                if a.id.is_none() || a.id != b.id {
                    found.folders.push((a, b));
                }
            }
            (Some(a), Some(b)) if !is_folder(&a) && !is_folder(&b) => {
                if a.kind != b.kind || !same_content(&a, &b)? {
                    found.changes.push(FileChange {
                        path: b.path.clone(),
                        old: Some(a),
                        new: Some(b),
                        moved_from: None,
                    });
                }
            }
            (old, new) => {
                let mut files = Vec::new();
                old.map_or(Ok(()), |entry| self.base.collect_files(entry, &mut files))?;
                let removed = files.len();
                new.map_or(Ok(()), |entry| self.head.collect_files(entry, &mut files))?;
                self.count(files.len())?;
                found.changes.extend(files.into_iter().enumerate().map(|(at, file)| {
                    let path = file.path.clone();
                    let (old, new) = if at < removed { (Some(file), None) } else { (None, Some(file)) };
                    FileChange { path, old, new, moved_from: None }
                }));
            }
        }
        Ok(())
    }
}

/// The entries of two git trees that the other one does not have alike, each sorted by name. Only they are copied: a
/// folder may have tens of thousands of others. What is alike but out of step, as git sorts folders as if their names
/// ended with a slash, is among them on both sides.
fn differing(
    repository: &Repository,
    (old, old_path): (ObjectId, &RepoPath),
    other: &Repository,
    (new, new_path): (ObjectId, &RepoPath),
) -> Result<(Vec<TreeEntry>, Vec<TreeEntry>), GitError> {
    repository.with_tree(oid(old), old_path, |old| {
        other.with_tree(oid(new), new_path, |new| {
            let (mut before, mut after) = (Vec::new(), Vec::new());
            let (mut olds, mut news) = (old.iter().peekable(), new.iter().peekable());
            loop {
                let order = match (olds.peek(), news.peek()) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(a), Some(b)) => a.name_bytes().cmp(b.name_bytes()),
                };
                let a = if order == Ordering::Greater { None } else { olds.next() };
                let b = if order == Ordering::Less { None } else { news.next() };
                if let (Some(a), Some(b)) = (&a, &b)
                    && (a.id(), a.filemode_raw()) == (b.id(), b.filemode_raw())
                {
                    continue;
                }
                before.extend(a.map(|entry| Child::of(&entry, old_path)?.below(old_path)).transpose()?);
                after.extend(b.map(|entry| Child::of(&entry, new_path)?.below(new_path)).transpose()?);
            }
            before.sort_by(|a, b| a.path.cmp(&b.path));
            after.sort_by(|a, b| a.path.cmp(&b.path));
            Ok((before, after))
        })
    })
}

fn same_content(old: &TreeEntry, new: &TreeEntry) -> Result<bool, GitError> {
    match (&old.at, &new.at) {
        _ if old.id.is_some() && new.id.is_some() => Ok(old.id == new.id),
        (At::Disk(a), At::Disk(b)) => match old.kind {
            EntryKind::Symlink => Ok(std::fs::read_link(a).ok() == std::fs::read_link(b).ok()),
            EntryKind::Special => Ok(true),
            _ => same_bytes(a, b),
        },
        (At::Memory(a), At::Memory(b)) => Ok(a == b),
        // One side's id is not known because the index or the work tree differs there.
        _ => Ok(false),
    }
}

/// Files that cannot be read are different: reading them then says why.
fn same_bytes(a: &Path, b: &Path) -> Result<bool, GitError> {
    let length = |path: &Path| {
        path.symlink_metadata().map(|m| m.len()).map_err(|source| GitError::Io { path: path.to_owned(), source })
    };
    if length(a)? != length(b)? {
        return Ok(false);
    }
    let (Ok(a), Ok(b)) = (std::fs::File::open(a), std::fs::File::open(b)) else { return Ok(false) };
    let (mut a, mut b) = (std::io::BufReader::new(a), std::io::BufReader::new(b));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        let read = (&mut a).take(1 << 16).read_to_end(&mut left).and(b.by_ref().take(1 << 16).read_to_end(&mut right));
        if read.is_err() || left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

/// Joins each deleted file with the added one of the same content, where there is exactly one of each.
fn pair_moved(mut changes: Vec<FileChange>) -> Vec<FileChange> {
    let is_removed = |change: &FileChange| change.new.is_none();
    let is_added = |change: &FileChange| change.old.is_none();
    if !changes.iter().any(is_removed) || !changes.iter().any(is_added) {
        return changes;
    }
    let mut by_content: HashMap<ObjectId, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        let (Some(entry), true) =
            (change.old.as_ref().or(change.new.as_ref()), change.old.is_none() || change.new.is_none())
        else {
            continue;
        };
        let Some(id) = content_id(entry) else { continue };
        let (removed, added) = by_content.entry(id).or_default();
        if is_removed(change) { removed.push(at) } else { added.push(at) }
    }
    let mut gone = Vec::new();
    for (removed, added) in by_content.values() {
        let ([removed], [added]) = (removed.as_slice(), added.as_slice()) else { continue };
        let Some(old) = changes.get_mut(*removed).and_then(|change| change.old.take()) else { continue };
        if let Some(change) = changes.get_mut(*added) {
            change.moved_from = Some(old.path.clone());
            change.old = Some(old);
            gone.push(*removed);
        }
    }
    gone.sort_unstable();
    let mut at = 0;
    changes.retain(|_| {
        at += 1;
        gone.binary_search(&(at - 1)).is_err()
    });
    changes
}

fn content_id(entry: &TreeEntry) -> Option<ObjectId> {
    if !entry.kind.is_regular() {
        return None;
    }
    match (&entry.at, entry.id) {
        (_, Some(id)) => Some(id),
        (At::Disk(path), None) if path.symlink_metadata().is_ok_and(|m| m.len() <= MAX_FILE_BYTES) => {
            Oid::hash_file(ObjectType::Blob, path).ok().map(ObjectId::from)
        }
        _ => None,
    }
}

/// A stretch of lines in which two versions of a file differ, three unchanged lines around it included, as `git diff`
/// prints it. Lines count from 1; a side without lines starts at the line before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// First line of the old version.
    pub old_start: u32,
    /// Number of lines in the old version.
    pub old_lines: u32,
    /// First line of the new version.
    pub new_start: u32,
    /// Number of lines in the new version.
    pub new_lines: u32,
    /// Number of lines in which they differ; one that is replaced counts once.
    pub changed: u32,
}

/// How many lines the lines of a hunk change, given by their first characters as `git diff` prints them.
#[must_use]
pub fn changed_lines(origins: impl Iterator<Item = char>) -> u32 {
    let (mut removed, mut added, mut changed) = (0, 0, 0_u32);
    for origin in origins.chain([' ']) {
        match origin {
            '-' => removed += 1,
            '+' => added += 1,
            // A note that the file ends without a line end.
            '\\' => {}
            _ => {
                changed += u32::max(removed, added);
                (removed, added) = (0, 0);
            }
        }
    }
    changed
}

/// The hunks between two versions of a file; none for binary files.
pub fn hunks(old: &[u8], new: &[u8]) -> Result<Vec<Hunk>, GitError> {
    let doing = "comparing two versions of a file";
    let mut options = DiffOptions::new();
    options.context_lines(3);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options)).map_err(GitError::git(doing))?;
    (0..patch.num_hunks())
        .map(|at| {
            let (hunk, lines) = patch.hunk(at).map_err(GitError::git(doing))?;
            let origins = (0..lines).filter_map(|line| Some(patch.line_in_hunk(at, line).ok()?.origin()));
            let changed = changed_lines(origins.filter(|origin| matches!(origin, '+' | '-' | ' ')));
            Ok(Hunk {
                changed,
                old_start: hunk.old_start(),
                old_lines: hunk.old_lines(),
                new_start: hunk.new_start(),
                new_lines: hunk.new_lines(),
            })
        })
        .collect()
}
