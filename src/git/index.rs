//! The index and the work tree as trees.

use std::path::Path;

use git2::{Delta, Diff, DiffDelta, DiffOptions, ErrorCode, Index, IndexEntryExtendedFlag};

use super::error::GitError;
use super::overlay::{Changes, CleanFilter, Overlay};
use super::repository::Repository;
use super::tree::{At, EntryKind, Tree, TreeEntry};
use crate::source::RepoPath;

/// What the next commit would hold: the index over HEAD's tree. Number of paths that differ with it.
pub(super) fn staged(repository: &Repository, head: Option<&git2::Tree<'_>>) -> Result<(Tree, usize), GitError> {
    let changes = repository.with(|handle| {
        let index = read_index(repository, handle)?;
        staged_changes(handle, &index, head)
    })?;
    let count = changes.len();
    Ok((Tree::overlay(Overlay::new(Some(below(repository, head)), changes)), count))
}

/// The files on disk over HEAD's tree: what `git add --all` and a commit would make of them. Number of paths that
/// differ with it. Files that sparse checkout leaves out are as the index has them.
pub(super) fn work_tree(repository: &Repository, head: Option<&git2::Tree<'_>>) -> Result<(Tree, usize), GitError> {
    let Some(dir) = repository.work_dir() else {
        return Err(GitError::BareRepository { path: repository.git_dir().to_owned() });
    };
    let clean = CleanFilter::new(repository);
    let mut changes = repository.with(|handle| {
        let index = read_index(repository, handle)?;
        let mut changes = staged_changes(handle, &index, head)?;
        let mut options = DiffOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_typechange(true).include_unreadable(true);
        let diff = handle
            .diff_index_to_workdir(Some(&index), Some(&mut options))
            .map_err(GitError::git("comparing the work tree with the index"))?;
        for delta in diff.deltas() {
            let Some((path, raw)) = path_of(&delta) else { continue };
            if delta.status() == Delta::Deleted {
                if !flags(&index, raw).contains(IndexEntryExtendedFlag::SKIP_WORKTREE) {
                    changes.insert(path.as_str().into(), None);
                }
                continue;
            }
            let entry = on_disk(&delta, path, &dir.join(raw), &clean)?;
            changes.insert(entry.path.as_str().into(), Some(entry));
        }
        Ok(changes)
    })?;
    let (_, head_tree) = below(repository, head);
    retain_different(&head_tree, &mut changes)?;
    let count = changes.len();
    Ok((Tree::overlay(Overlay::of_work_tree(Some((repository.clone(), head_tree)), changes, clean)), count))
}

/// How many files differ from HEAD in the work tree, for a hint only.
pub(super) fn count_uncommitted(repository: &Repository, head: &git2::Tree<'_>) -> usize {
    work_tree(repository, Some(head)).map_or(0, |(_, count)| count)
}

fn below(repository: &Repository, head: Option<&git2::Tree<'_>>) -> (Repository, Tree) {
    (repository.clone(), head.map_or_else(Tree::empty, |tree| Tree::git(repository.clone(), tree.id())))
}

fn read_index(repository: &Repository, handle: &git2::Repository) -> Result<Index, GitError> {
    let index = match repository.index_file() {
        Some(file) => Index::open(file),
        None => handle.index(),
    };
    let mut index = index.map_err(index_error)?;
    index.read(true).map_err(index_error)?;
    if index.has_conflicts() {
        return Err(GitError::UnmergedIndex { paths: conflicts(&index) });
    }
    Ok(index)
}

fn index_error(error: git2::Error) -> GitError {
    let extension = error.message().strip_prefix("unsupported mandatory extension: ").map(str::to_owned);
    match extension.as_deref() {
        Some("'link'") => GitError::UnsupportedIndex {
            what: "the split format (core.splitIndex)".into(),
            command: "git update-index --no-split-index",
        },
        Some("'sdir'") => GitError::UnsupportedIndex {
            what: "the sparse format (index.sparse)".into(),
            command: "git sparse-checkout reapply --no-sparse-index",
        },
        Some(other) => GitError::UnsupportedIndex {
            what: format!("the extension {}", other.escape_debug()),
            command: "git update-index --index-version 2 --force-write-index",
        },
        None => GitError::git("reading the index")(error),
    }
}

fn conflicts(index: &Index) -> Vec<RepoPath> {
    let Ok(conflicts) = index.conflicts() else { return Vec::new() };
    let entries = conflicts.flatten().filter_map(|conflict| conflict.our.or(conflict.their).or(conflict.ancestor));
    entries.map(|entry| RepoPath::from_bytes(&entry.path)).collect()
}

fn staged_changes(
    handle: &git2::Repository,
    index: &Index,
    head: Option<&git2::Tree<'_>>,
) -> Result<Changes, GitError> {
    let mut options = DiffOptions::new();
    options.include_typechange(true);
    let diff: Diff<'_> = handle
        .diff_tree_to_index(head, Some(index), Some(&mut options))
        .map_err(GitError::git("comparing the index with HEAD"))?;
    let mut changes = Changes::new();
    for delta in diff.deltas() {
        let Some((path, raw)) = path_of(&delta) else { continue };
        if delta.status() == Delta::Deleted {
            changes.insert(path.as_str().into(), None);
        } else if !flags(index, raw).contains(IndexEntryExtendedFlag::INTENT_TO_ADD) {
            let new = delta.new_file();
            let kind = EntryKind::of_mode(u32::from(new.mode()).cast_signed());
            changes.insert(path.as_str().into(), Some(TreeEntry::stored(path, kind, new.id())));
        }
    }
    Ok(changes)
}

/// The path of a delta as text, and as libgit2 gives it. A folder that is a repository of its own ends with a slash.
fn path_of<'a>(delta: &DiffDelta<'a>) -> Option<(RepoPath, &'a Path)> {
    let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
    let bytes = file.path_bytes()?;
    Some((RepoPath::from_bytes(bytes.strip_suffix(b"/").unwrap_or(bytes)), file.path()?))
}

fn flags(index: &Index, path: &Path) -> IndexEntryExtendedFlag {
    let bits = index.get_path(path, 0).map_or(0, |entry| entry.flags_extended);
    IndexEntryExtendedFlag::from_bits_truncate(bits)
}

fn on_disk(delta: &DiffDelta<'_>, path: RepoPath, at: &Path, clean: &CleanFilter) -> Result<TreeEntry, GitError> {
    let file = delta.new_file();
    let nested = file.path_bytes().is_some_and(|bytes| bytes.ends_with(b"/"));
    let kind = match EntryKind::of_mode(u32::from(file.mode()).cast_signed()) {
        EntryKind::Folder => EntryKind::Submodule,
        _ if nested => EntryKind::Submodule,
        kind => kind,
    };
    let id = if kind.is_regular() { clean.id(at)? } else { None };
    Ok(TreeEntry { path, kind, id, at: At::Disk(at.into()) })
}

/// Drops what is the same as in HEAD after all: staged, and taken back in the work tree.
fn retain_different(head: &Tree, changes: &mut Changes) -> Result<(), GitError> {
    let mut same = Vec::new();
    for (path, entry) in changes.iter() {
        let before = head.entry(path)?.filter(|before| before.kind != EntryKind::Folder);
        let equal = match (&before, entry) {
            (None, None) => true,
            (Some(old), Some(new)) => old.kind == new.kind && old.id == new.id && new.id.is_some(),
            _ => false,
        };
        if equal {
            same.push(path.clone());
        }
    }
    for path in same {
        changes.remove(&path);
    }
    Ok(())
}

/// HEAD's tree, or none of an unborn HEAD.
pub(super) fn head_tree(handle: &git2::Repository) -> Result<Option<git2::Tree<'_>>, GitError> {
    match handle.head() {
        Ok(head) => Ok(Some(head.peel_to_tree().map_err(GitError::git("reading HEAD"))?)),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(GitError::git("reading HEAD")(error)),
    }
}
