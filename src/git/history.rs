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

/// What HEAD took since a revision, along first parents, newest first. The revision itself is not among them.
pub fn merged_since(environment: &Environment, since: &str) -> Result<Vec<Merged>, GitError> {
    let handle = Repository::open(environment)?.reopen()?;
    let last = resolve(&handle, since)?.id();
    let mut found = Vec::new();
    let mut commit = resolve(&handle, "HEAD")?;
    while commit.id() != last {
        // The first commit has nothing before it to be compared with.
        let Ok(parent) = commit.parent(0) else { break };
        let subject = commit.summary().ok().flatten().unwrap_or_default().to_owned();
        found.push(Merged { id: commit.id().to_string(), parent: parent.id().to_string(), subject });
        commit = parent;
    }
    Ok(found)
}
