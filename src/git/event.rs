//! The CI's event: what GitHub Actions (and Gitea's and Forgejo's) write into the file of `GITHUB_EVENT_PATH`.

use std::path::Path;

use serde::Deserialize;

use super::error::GitError;

/// An event that triggered the run, as far as it says what to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `pull_request`, `pull_request_review` and `pull_request_target`.
    PullRequest {
        /// Number of the pull request.
        number: u64,
        /// Tip of the target branch.
        base: String,
        /// Tip of the pull request.
        head: String,
        /// The merge of both that GitHub made for tests, where the payload has it.
        merge: Option<String>,
        /// The run has the base's rights (`pull_request_target`).
        trusted_run: bool,
        /// The account that opened it.
        login: Option<String>,
    },
    /// `merge_group`: an entry of the merge queue.
    MergeGroup {
        /// What the group is to be merged into.
        base: String,
        /// The merged result.
        head: String,
    },
    /// `push`.
    Push {
        /// The branch's tip before; none for a new branch.
        before: Option<String>,
        /// The branch's tip after; none for a deleted branch.
        after: Option<String>,
        /// The ref: `refs/heads/main`.
        reference: String,
        /// The account that pushed.
        login: Option<String>,
    },
    /// `schedule`.
    Schedule,
    /// Any other, which says nothing of a change (`workflow_dispatch`).
    Other,
}

#[derive(Deserialize)]
struct Payload {
    number: Option<u64>,
    pull_request: Option<PullRequest>,
    merge_group: Option<MergeGroup>,
    before: Option<String>,
    after: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    schedule: Option<serde_json::Value>,
    sender: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: Option<String>,
}

#[derive(Deserialize)]
struct PullRequest {
    number: Option<u64>,
    base: Tip,
    head: Tip,
    merge_commit_sha: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Tip {
    sha: String,
}

#[derive(Deserialize)]
struct MergeGroup {
    base_sha: String,
    head_sha: String,
}

impl Event {
    /// Reads an event's file. `name` is `GITHUB_EVENT_NAME`; without it the payload's shape decides.
    ///
    /// # Errors
    /// [`GitError::BadEvent`] when the file cannot be read, is no JSON, or lacks what its event must have.
    pub fn read(path: &Path, name: Option<&str>) -> Result<Self, GitError> {
        let bad = |problem: String| GitError::BadEvent { path: path.to_owned(), problem };
        let bytes = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
        Self::parse(&bytes, name).map_err(bad)
    }

    /// The account whose change it is, where the event says it.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        match self {
            Self::PullRequest { login, .. } | Self::Push { login, .. } => login.as_deref(),
            Self::MergeGroup { .. } | Self::Schedule | Self::Other => None,
        }
    }

    fn parse(bytes: &[u8], name: Option<&str>) -> Result<Self, String> {
        let payload: Payload = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let shape = match &payload {
            Payload { pull_request: Some(_), .. } => "pull_request",
            Payload { merge_group: Some(_), .. } => "merge_group",
            Payload { before: Some(_), after: Some(_), .. } => "push",
            Payload { schedule: Some(_), .. } => "schedule",
            _ => "",
        };
        match name.unwrap_or(shape) {
            name @ ("pull_request" | "pull_request_review" | "pull_request_target") => {
                let pull = payload.pull_request.ok_or("it has no `pull_request`")?;
                Ok(Self::PullRequest {
                    number: payload.number.or(pull.number).ok_or("it has no `number`")?,
                    base: commit(&pull.base.sha)?.ok_or("`pull_request.base.sha` is all zeros")?,
                    head: commit(&pull.head.sha)?.ok_or("`pull_request.head.sha` is all zeros")?,
                    merge: pull.merge_commit_sha.as_deref().map(commit).transpose()?.flatten(),
                    trusted_run: name == "pull_request_target",
                    login: pull.user.and_then(|user| user.login),
                })
            }
            "merge_group" => {
                let group = payload.merge_group.ok_or("it has no `merge_group`")?;
                Ok(Self::MergeGroup {
                    base: commit(&group.base_sha)?.ok_or("`merge_group.base_sha` is all zeros")?,
                    head: commit(&group.head_sha)?.ok_or("`merge_group.head_sha` is all zeros")?,
                })
            }
            "push" => Ok(Self::Push {
                before: commit(&payload.before.ok_or("it has no `before`")?)?,
                after: commit(&payload.after.ok_or("it has no `after`")?)?,
                reference: payload.reference.ok_or("it has no `ref`")?,
                login: payload.sender.and_then(|user| user.login),
            }),
            "schedule" => Ok(Self::Schedule),
            _ => Ok(Self::Other),
        }
    }
}

/// A full commit id, or none for the id of zeros. Anything else could be a name that somebody chose.
fn commit(id: &str) -> Result<Option<String>, String> {
    if id.len() != 40 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("`{}` is not a full commit id", id.escape_debug()));
    }
    Ok((!id.bytes().all(|byte| byte == b'0')).then(|| id.to_ascii_lowercase()))
}
