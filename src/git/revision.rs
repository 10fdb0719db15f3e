//! Names of commits, their parents and common ancestors.

use git2::{Commit, ErrorCode, ObjectType, Oid};

use super::error::GitError;
use super::repository::Repository;
use super::tree::Tree;
use crate::source::RepoPath;

/// The commit that a name stands for.
pub(super) fn resolve<'r>(handle: &'r git2::Repository, spec: &str) -> Result<Commit<'r>, GitError> {
    let object = match handle.revparse_single(spec) {
        Ok(object) => object,
        Err(error) => return Err(resolve_error(handle, spec, error)),
    };
    let kind = object.kind();
    object.peel_to_commit().map_err(|error| match kind {
        Some(ObjectType::Commit) | None => GitError::git(format!("reading {spec}"))(error),
        Some(kind) => GitError::NotACommit { spec: spec.to_owned(), kind: kind.to_string() },
    })
}

fn resolve_error(handle: &git2::Repository, spec: &str, error: git2::Error) -> GitError {
    if spec == "HEAD" && error.code() != ErrorCode::Ambiguous {
        return match handle
            .find_reference("HEAD")
            .ok()
            .and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned))
        {
            Some(target) => GitError::UnbornHead { branch: target.trim_start_matches("refs/heads/").to_owned() },
            None => GitError::git("reading HEAD")(error),
        };
    }
    match error.code() {
        ErrorCode::Ambiguous => GitError::AmbiguousRevision { spec: spec.to_owned() },
        _ => GitError::NoSuchRevision {
            spec: spec.to_owned(),
            suggestions: similar(handle, spec),
            shallow: handle.is_shallow(),
        },
    }
}

/// Branches and tags whose name is like what was asked for, the most similar first.
fn similar(handle: &git2::Repository, spec: &str) -> Vec<String> {
    const SHOWN: usize = 3;
    // Below this, names have only letters in common.
    const ALIKE: f64 = 0.7;
    let Ok(references) = handle.references() else { return Vec::new() };
    let mut names: Vec<(f64, String)> = references
        .flatten()
        .filter_map(|reference| reference.shorthand().ok().map(str::to_owned))
        .map(|name| {
            let last = name.split_once('/').map_or(name.as_str(), |(_, rest)| rest);
            (strsim::jaro_winkler(spec, &name).max(strsim::jaro_winkler(spec, last)), name)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    names.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

/// HEAD's commit.
pub(super) fn head(handle: &git2::Repository) -> Result<Commit<'_>, GitError> {
    resolve(handle, "HEAD")
}

/// A commit that a CI event names.
pub(super) fn event_commit<'r>(
    handle: &'r git2::Repository,
    id: &str,
    what: &'static str,
) -> Result<Commit<'r>, GitError> {
    let oid = Oid::from_str(id).map_err(GitError::git(format!("reading the id {id}")))?;
    let missing = |what| GitError::MissingCommit { what, id: id.to_owned(), shallow: handle.is_shallow() };
    let commit = match handle.find_object(oid, None).and_then(|object| object.peel_to_commit()) {
        Ok(commit) => commit,
        Err(error) if error.code() == ErrorCode::NotFound => return Err(missing(what)),
        Err(error) => return Err(GitError::git(format!("reading the commit {id}"))(error)),
    };
    match commit.tree() {
        Ok(_) => Ok(commit),
        Err(error) if error.code() == ErrorCode::NotFound => Err(missing("the tree of commit")),
        Err(error) => Err(GitError::git(format!("reading the commit {id}"))(error)),
    }
}

/// The parents as the commit itself names them: at the end of a shallow clone libgit2 says that there are none.
pub(super) fn parents(commit: &Commit<'_>) -> Vec<Oid> {
    let header = commit.raw_header_bytes().split(|byte| *byte == b'\n');
    let ids = header.filter_map(|line| line.strip_prefix(b"parent "));
    ids.filter_map(|id| std::str::from_utf8(id).ok().and_then(|id| Oid::from_str(id).ok())).collect()
}

/// The first parent of a merge commit.
pub(super) fn first_parent<'r>(handle: &'r git2::Repository, merge: &Commit<'_>) -> Result<Commit<'r>, GitError> {
    let first = parents(merge).first().copied().unwrap_or(Oid::ZERO_SHA1);
    handle.find_commit(first).map_err(|error| match error.code() {
        ErrorCode::NotFound if handle.is_shallow() => GitError::ShallowMerge { commit: merge.id().to_string() },
        _ => GitError::git(format!("reading the first parent of {}", merge.id()))(error),
    })
}

/// The best common ancestor. The names are for the error.
pub(super) fn merge_base<'r>(
    handle: &'r git2::Repository,
    (base, base_name): (Oid, &str),
    (head, head_name): (Oid, &str),
) -> Result<Commit<'r>, GitError> {
    let (base_name, head_name) = (base_name.to_owned(), head_name.to_owned());
    match handle.merge_base(base, head) {
        Ok(id) => handle.find_commit(id).map_err(GitError::git(format!("reading the commit {id}"))),
        Err(error) if error.code() != ErrorCode::NotFound => Err(GitError::git("finding the common ancestor")(error)),
        Err(_) if handle.is_shallow() => Err(GitError::ShallowHistory { base: base_name, head: head_name }),
        Err(_) => Err(GitError::UnrelatedHistories { base: base_name, head: head_name }),
    }
}

/// The branch that changes are merged into, and its name: origin's default, else the usual names.
pub(super) fn default_branch(handle: &git2::Repository) -> Result<(Commit<'_>, String), GitError> {
    const CANDIDATES: [&str; 5] = [
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
        "refs/remotes/origin/master",
        "refs/heads/main",
        "refs/heads/master",
    ];
    for name in CANDIDATES {
        // origin/HEAD may name a branch that was never fetched, or is gone.
        let Ok(reference) = handle.find_reference(name).and_then(|reference| reference.resolve()) else { continue };
        let short = reference.shorthand().unwrap_or(name).to_owned();
        let commit = reference.peel_to_commit().map_err(GitError::git(format!("reading {short}")))?;
        return Ok((commit, short));
    }
    Err(GitError::NoDefaultBranch)
}

/// The tree of a commit as one side of a comparison. Fails at once if it is not in the clone.
pub(super) fn tree_of(repository: &Repository, commit: &Commit<'_>) -> Result<Tree, GitError> {
    repository.listing(commit.tree_id(), &RepoPath::from(""))?;
    Ok(Tree::git(repository.clone(), commit.tree_id()))
}
