//! What is posted already, and what GitHub shows of the change.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::report::escape;
use crate::review::diff::Shown;
use crate::review::marker::{Kind, Marker};
use crate::review::plan::Settings;
use crate::review::posted::{CheckRun, Comment, Posted};
use crate::source::RepoPath;

use super::{Client, Failure, api};

/// Own comments whose state one request asks for, GitHub's most.
const MAX_NODES: usize = 100;

/// Where to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The pull request; none for a merge group or a push.
    pub pull: Option<u64>,
    /// The commit that was judged, as GitHub knows it: the pull request's head, not its merge.
    pub head: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Own texts.
    pub posted: Posted,
    /// The files of the change; none where they were not asked for.
    pub shown: Option<Vec<Shown>>,
    /// What the token may not even read, so that nothing is written there either.
    pub denied: Vec<Failure>,
    /// The head that the pull request has now, if it is another one.
    pub superseded_by: Option<String>,
}

/// Read what a plan needs.
///
/// # Errors
/// Whatever is not the lack of a right.
pub fn read(client: &Client, target: &Target, settings: &Settings) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    if let Some(check) = allowed(check(client, target, &settings.gate), &mut seen.denied)? {
        seen.posted.check = check;
    }
    let Some(pull) = target.pull.filter(|_| settings.pull_request) else { return Ok(seen) };
    let Some((me, head)) = allowed(viewer_and_head(client, pull), &mut seen.denied)? else { return Ok(seen) };
    if head != target.head {
        seen.superseded_by = Some(head);
        return Ok(seen);
    }
    let Some(files) = allowed(files(client, pull), &mut seen.denied)? else { return Ok(seen) };
    let gate = &settings.gate;
    let comments = summaries(client, pull, me, gate).and_then(|summaries| {
        let requested = if settings.request_changes { requested(client, pull, me, gate)? } else { Vec::new() };
        Ok((summaries, inline(client, pull, me)?, requested))
    });
    let Some((summaries, inline, requested)) = allowed(comments, &mut seen.denied)? else { return Ok(seen) };
    seen.shown = Some(files);
    seen.posted.summaries = summaries;
    seen.posted.inline = inline;
    seen.posted.requested_changes = requested;
    Ok(seen)
}

/// The answer; none where the token may not have it, which is noted.
fn allowed<T>(result: Result<T, Failure>, denied: &mut Vec<Failure>) -> Result<Option<T>, Failure> {
    match result {
        Err(failure @ Failure::Denied { .. }) => {
            denied.push(failure);
            Ok(None)
        }
        other => other.map(Some),
    }
}

pub(super) fn pull(client: &Client, number: u64) -> Result<api::Pull, Failure> {
    let what = "reading the pull request";
    let found: api::Pull = client.get(what, &client.route(&format!("/pulls/{number}")))?;
    if found.number != number {
        return Err(Failure::Malformed { what: what.to_owned(), why: format!("it is about #{}", found.number) });
    }
    Ok(found)
}

/// The id of the account that posts. REST does not tell it to a job's token.
pub(super) fn viewer(client: &Client) -> Result<u64, Failure> {
    let what = "asking who posts";
    viewer_of(what, &client.graphql(what, "query { viewer { login databaseId } }", &json!({}))?)
}

/// The same, and the head that the pull request has now: one request for both.
fn viewer_and_head(client: &Client, pull: u64) -> Result<(u64, String), Failure> {
    const QUERY: &str = "query($owner: String!, $name: String!, $number: Int!) { viewer { login databaseId } \
                         repository(owner: $owner, name: $name) { pullRequest(number: $number) { headRefOid } } }";
    let what = "reading the pull request";
    let (owner, name) = client.repository();
    let data = client.graphql(what, QUERY, &json!({ "owner": owner, "name": name, "number": pull }))?;
    let head = data.pointer("/repository/pullRequest/headRefOid").and_then(Value::as_str);
    let head = head.ok_or_else(|| lacks(what, "repository.pullRequest.headRefOid"))?;
    Ok((viewer_of(what, &data)?, head.to_owned()))
}

fn viewer_of(what: &str, data: &Value) -> Result<u64, Failure> {
    let id = data.pointer("/viewer/databaseId").and_then(Value::as_u64);
    id.ok_or_else(|| lacks(what, "viewer.databaseId"))
}

fn lacks(what: &str, field: &str) -> Failure {
    Failure::Malformed { what: what.to_owned(), why: format!("it has no {field}") }
}

/// What GitHub shows of the change.
pub(super) fn files(client: &Client, pull: u64) -> Result<Vec<Shown>, Failure> {
    let what = "listing the pull request's files";
    let files: Vec<api::File> = client.list(what, &client.route(&format!("/pulls/{pull}/files")))?;
    let shown = |file: api::File| Shown {
        path: file.filename,
        old_path: file.previous_filename,
        blob: file.sha.unwrap_or_default(),
        patch: file.patch,
    };
    Ok(files.into_iter().map(shown).collect())
}

/// Own comments with a marker of a kind.
fn own(found: Vec<api::Comment>, me: u64, kind: Kind) -> Vec<Comment> {
    let answered: HashSet<u64> = found.iter().filter_map(|comment| comment.in_reply_to_id).collect();
    let mine = found.into_iter().filter(|comment| comment.user.as_ref().is_some_and(|user| user.id == me));
    mine.filter_map(|comment| {
        let marker = Marker::of(&comment.body.unwrap_or_default()).filter(|marker| marker.kind == kind)?;
        let replied = answered.contains(&comment.id);
        Some(Comment { id: comment.id, node: comment.node_id, marker, replied, minimized: false })
    })
    .collect()
}

fn summaries(client: &Client, pull: u64, me: u64, gate: &str) -> Result<Vec<Comment>, Failure> {
    let key = Marker::new(Kind::Summary, gate, &[], "").key;
    let mut own = listed_summaries(client, pull, me)?;
    own.retain(|comment| comment.marker.key == key);
    fold_states(client, &mut own)?;
    Ok(own)
}

fn inline(client: &Client, pull: u64, me: u64) -> Result<Vec<Comment>, Failure> {
    let mut own = listed_inline(client, pull, me)?;
    fold_states(client, &mut own)?;
    Ok(own)
}

/// Own summary comments of any gate.
pub(super) fn listed_summaries(client: &Client, pull: u64, me: u64) -> Result<Vec<Comment>, Failure> {
    let found = client.list("listing comments", &client.route(&format!("/issues/{pull}/comments")))?;
    Ok(own(found, me, Kind::Summary))
}

/// [`inline`], without knowing what is folded away.
pub(super) fn listed_inline(client: &Client, pull: u64, me: u64) -> Result<Vec<Comment>, Failure> {
    let found = client.list("listing comments on lines", &client.route(&format!("/pulls/{pull}/comments")))?;
    Ok(own(found, me, Kind::Inline))
}

/// Which comments are folded away: only GraphQL knows.
fn fold_states(client: &Client, own: &mut [Comment]) -> Result<(), Failure> {
    const QUERY: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Minimizable { isMinimized } } }";
    // One summary alone is never folded by us, and is edited wherever it stands.
    if own.len() < 2 && own.iter().all(|comment| comment.marker.kind == Kind::Summary) {
        return Ok(());
    }
    let mut states: HashMap<String, bool> = HashMap::new();
    for part in own.chunks(MAX_NODES) {
        let ids: Vec<&str> = part.iter().map(|comment| comment.node.as_str()).collect();
        let data = client.graphql("asking which comments are folded", QUERY, &json!({ "ids": ids }))?;
        for node in data.get("nodes").and_then(Value::as_array).into_iter().flatten() {
            let state = node.get("isMinimized").and_then(Value::as_bool).unwrap_or(false);
            states.extend(node.get("id").and_then(Value::as_str).map(|id| (id.to_owned(), state)));
        }
    }
    for comment in own {
        comment.minimized = states.get(&comment.node).copied().unwrap_or(false);
    }
    Ok(())
}

pub(super) fn reviews(client: &Client, pull: u64) -> Result<Vec<api::Review>, Failure> {
    client.list("listing reviews", &client.route(&format!("/pulls/{pull}/reviews")))
}

/// Own reviews that ask for changes still.
fn requested(client: &Client, pull: u64, me: u64, gate: &str) -> Result<Vec<u64>, Failure> {
    let key = Marker::new(Kind::Review, gate, &[], "").key;
    let own = reviews(client, pull)?.into_iter().filter(|review| {
        review.state == "CHANGES_REQUESTED"
            && review.user.as_ref().is_some_and(|user| user.id == me)
            && Marker::of(&review.body).is_some_and(|marker| marker.key == key)
    });
    Ok(own.map(|review| review.id).collect())
}

/// The check run of our name. Several, by several Apps: none, since it is not known which one people see.
fn check(client: &Client, target: &Target, gate: &str) -> Result<Option<CheckRun>, Failure> {
    let mut runs = check_runs(client, target, gate)?.into_iter();
    let (Some(run), None) = (runs.next(), runs.next()) else { return Ok(None) };
    let completed = run.status == "completed";
    Ok(Some(CheckRun {
        id: run.id,
        says: run.external_id.filter(|_| completed),
        conclusion: run.conclusion.unwrap_or_default(),
        title: run.output.title.unwrap_or_default(),
    }))
}

/// The latest check runs of a name on the judged commit.
pub(super) fn check_runs(client: &Client, target: &Target, name: &str) -> Result<Vec<api::CheckRun>, Failure> {
    let name = escape::uri(&RepoPath::from(name));
    let route = client.route(&format!("/commits/{}/check-runs?check_name={name}&per_page=100", target.head));
    client.get("listing check runs", &route).map(|found: api::CheckRuns| found.check_runs)
}
