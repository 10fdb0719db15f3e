//! What is posted already: only what the posting account wrote, and what starts with a marker.

use super::marker::Marker;

/// Own texts on a pull request, and the own check run on its head.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// Summary comments, oldest first. More than one only if two runs raced.
    pub summaries: Vec<Comment>,
    /// Comments on lines and files.
    pub inline: Vec<Comment>,
    /// Reviews that ask for changes and have not been dismissed, by id.
    pub requested_changes: Vec<u64>,
    /// The check run of the gate's name on the head.
    pub check: Option<CheckRun>,
}

/// One own comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its number in the REST API.
    pub id: u64,
    /// Its id in the GraphQL API.
    pub node: String,
    /// Its first line.
    pub marker: Marker,
    /// Somebody has answered it.
    pub replied: bool,
    /// It is folded away.
    pub minimized: bool,
}

/// An own check run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRun {
    /// Its number.
    pub id: u64,
    /// It is completed, and this is the digest of what it says.
    pub says: Option<String>,
    /// Its conclusion, in GitHub's words.
    pub conclusion: String,
    /// Its title.
    pub title: String,
}
