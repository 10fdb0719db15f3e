//! The changes that a branch took, one after the other.

use super::error::GitError;
use super::repository::{Environment, Repository};
use super::revision::resolve;

/// A change that is merged: a commit of the branch, and what the branch was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Its id.
    pub id: String,
    /// The id of its first parent.
    pub parent: String,
    /// The first line of its message.
    pub subject: String,
}

/// What HEAD took since a revision, along first parents, newest first: up to the first commit that the revision holds too.
pub fn merged_since(environment: &Environment, since: &str) -> Result<Vec<Merged>, GitError> {
    let handle = Repository::open(environment)?.reopen()?;
    let last = resolve(&handle, since)?.id();
    let mut commit = resolve(&handle, "HEAD")?;
    let apart = || {
        let (base, head) = (since.to_owned(), "HEAD".to_owned());
        if handle.is_shallow() {
            GitError::ShallowHistory { base, head }
        } else {
            GitError::UnrelatedHistories { base, head }
        }
    };
    let mut found = Vec::new();
    while commit.id() != last {
        if handle.graph_descendant_of(last, commit.id()).map_err(GitError::git("reading the history"))? {
            break;
        }
        let parent = commit.parent(0).map_err(|_| apart())?;
        let subject = commit.summary().ok().flatten().unwrap_or_default().to_owned();
        found.push(Merged { id: commit.id().to_string(), parent: parent.id().to_string(), subject });
        commit = parent;
    }
    Ok(found)
}
