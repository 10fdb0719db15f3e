//! GitHub's answers, as far as they are read. Fields that GitHub documents as always there are required here, so that an
//! answer of something else is noticed.

use serde::Deserialize;

/// An account.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) login: String,
}

/// A pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) head: Tip,
    pub(super) labels: Vec<Label>,
}

/// A label on a pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) description: Option<String>,
}

/// One end of a pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Tip {
    pub(super) sha: String,
    /// The branch.
    #[serde(rename = "ref")]
    pub(super) branch: String,
    /// None for a fork that is gone.
    pub(super) repo: Option<Repository>,
}

/// A repository.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
}

/// Something that happened to a pull request; of most events only the name is read.
#[derive(Debug, Deserialize)]
pub(super) struct IssueEvent {
    pub(super) event: String,
    /// None for an account that is gone.
    pub(super) actor: Option<User>,
    pub(super) created_at: String,
    pub(super) label: Option<EventLabel>,
}

/// The label that an event is about.
#[derive(Debug, Deserialize)]
pub(super) struct EventLabel {
    pub(super) name: String,
}

/// A push to a branch, or another change of what it points to.
#[derive(Debug, Deserialize)]
pub(super) struct Activity {
    pub(super) after: String,
    pub(super) timestamp: String,
}

/// A comment: on the pull request, or on a line of it.
#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) node_id: String,
    /// None for an account that is gone.
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) body: Option<String>,
    pub(super) in_reply_to_id: Option<u64>,
}

/// A review.
#[derive(Debug, Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) body: String,
    pub(super) state: String,
    pub(super) commit_id: Option<String>,
    pub(super) html_url: String,
    pub(super) submitted_at: Option<String>,
}

/// A file of a pull request.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) filename: String,
    /// Of a file that was moved.
    pub(super) previous_filename: Option<String>,
    /// Null for a submodule.
    pub(super) sha: Option<String>,
    pub(super) patch: Option<String>,
}

/// Check runs of a commit.
#[derive(Debug, Deserialize)]
pub(super) struct CheckRuns {
    pub(super) check_runs: Vec<CheckRun>,
}

/// A check run.
#[derive(Debug, Deserialize)]
pub(super) struct CheckRun {
    pub(super) id: u64,
    pub(super) status: String,
    pub(super) conclusion: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) output: Output,
}

/// What a check run says.
#[derive(Debug, Deserialize)]
pub(super) struct Output {
    pub(super) title: Option<String>,
}

/// Anything that was made and has a number.
#[derive(Debug, Deserialize)]
pub(super) struct Made {
    pub(super) id: u64,
}

/// A membership of a team.
#[derive(Debug, Deserialize)]
pub(super) struct Membership {
    pub(super) state: String,
}

/// An installation of an App.
#[derive(Debug, Deserialize)]
pub(super) struct InstallationToken {
    pub(super) token: String,
}

/// An answer of GraphQL: errors come with status 200.
#[derive(Debug, Deserialize)]
pub(super) struct GraphAnswer {
    pub(super) data: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) errors: Vec<GraphError>,
}

/// An error of GraphQL.
#[derive(Debug, Deserialize)]
pub(super) struct GraphError {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) message: String,
}
