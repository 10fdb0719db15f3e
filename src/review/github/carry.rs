//! Carrying out a plan: one request after the other, the check run last.

use std::collections::HashSet;
use std::fmt::Write as _;

use http::Method;
use serde_json::{Value, json};

use crate::report::escape;
use crate::review::body::check::{Annotation, Check, Conclusion};
use crate::review::marker::Marker;
use crate::review::plan::{LineComment, Plan, Step};
use crate::review::posted::Posted;

use super::api::Made;
use super::read::{self, Target};
use super::{Client, Failure};

/// Annotations of one request, GitHub's most.
const ANNOTATIONS: usize = 50;
/// Characters of a commit status's description, GitHub's most.
const MAX_STATUS: usize = 140;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Requests that changed something.
    pub written: usize,
    /// What the token may not do.
    pub denied: Vec<Failure>,
    /// The head that the pull request has now: posting stopped.
    pub superseded_by: Option<String>,
    /// Sentences for the log.
    pub notes: Vec<String>,
}

/// Carry out a plan that was made from `posted`.
///
/// # Errors
/// What is neither the lack of a right nor a review that GitHub does not take.
pub fn carry_out(client: &Client, target: &Target, plan: &Plan, posted: &Posted) -> Result<Done, Failure> {
    let mut carrier = Carrier { client, target, posted, done: Done::default() };
    if let Some(pull) = target.pull {
        for step in &plan.steps {
            match (carrier.step(pull, step), step) {
                // What these two do is nice to have; an own comment may also be gone meanwhile.
                (Err(failure @ Failure::Denied { .. }), Step::Minimize { .. } | Step::Dismiss { .. }) => {
                    carrier.done.notes.push(failure.to_string());
                }
                (result, _) => carrier.note(result)?,
            }
            // One right is behind all of them.
            if !carrier.done.denied.is_empty() {
                break;
            }
        }
        if !plan.steps.is_empty()
            && let Ok(now) = read::pull(client, pull)
            && now.head.sha != target.head
        {
            carrier.done.superseded_by = Some(now.head.sha);
        }
    }
    if let Some(check) = &plan.check {
        let result = carrier.check(check);
        carrier.note(result)?;
    }
    Ok(carrier.done)
}

struct Carrier<'a> {
    client: &'a Client,
    target: &'a Target,
    posted: &'a Posted,
    done: Done,
}

impl Carrier<'_> {
    fn note(&mut self, result: Result<(), Failure>) -> Result<(), Failure> {
        match result {
            Ok(()) => self.done.written += 1,
            Err(failure @ Failure::Denied { .. }) => self.done.denied.push(failure),
            Err(other) => return Err(other),
        }
        Ok(())
    }

    fn step(&mut self, pull: u64, step: &Step) -> Result<(), Failure> {
        let client = self.client;
        match step {
            Step::Review { event, body, comments } => self.review(pull, event, body, comments),
            Step::FileComment { path, body, .. } => {
                let request = json!({
                    "commit_id": self.target.head, "path": path, "subject_type": "file", "body": body,
                });
                let route = client.route(&format!("/pulls/{pull}/comments"));
                let posted = client.create("commenting on a file", &route, &request, || self.found(pull, &[body]));
                match posted {
                    Err(Failure::Unprocessable { says, .. }) => {
                        self.done.notes.push(format!("{path} cannot be commented on ({says}); see the summary"));
                        Ok(())
                    }
                    other => other.map(|_: Made| ()),
                }
            }
            Step::EditInline { id, body } => {
                let route = client.route(&format!("/pulls/comments/{id}"));
                client.change("editing a comment", &Method::PATCH, &route, &json!({ "body": body }))
            }
            Step::Minimize { nodes } => self.minimize(nodes),
            Step::Dismiss { review, message } => {
                let route = client.route(&format!("/pulls/{pull}/reviews/{review}/dismissals"));
                let request = json!({ "message": message, "event": "DISMISS" });
                client.change("dismissing a review", &Method::PUT, &route, &request)
            }
            Step::Summary { id: Some(id), body } => {
                let route = client.route(&format!("/issues/comments/{id}"));
                client.change("editing the summary", &Method::PATCH, &route, &json!({ "body": body }))
            }
            Step::Summary { id: None, body } => {
                let route = client.route(&format!("/issues/{pull}/comments"));
                let marker = Marker::of(body);
                let find = || {
                    let own = self.mine(pull)?;
                    Ok(own.into_iter().find(|(found, _)| Some(found) == marker.as_ref()).map(|(_, id)| Made { id }))
                };
                client.create("writing the summary", &route, &json!({ "body": body }), find).map(|_: Made| ())
            }
        }
    }

    fn review(&mut self, pull: u64, event: &str, body: &str, comments: &[LineComment]) -> Result<(), Failure> {
        let all: Vec<&LineComment> = comments.iter().collect();
        let says = match self.send_review(pull, event, body, &all) {
            Err(Failure::Unprocessable { says, .. }) if !all.is_empty() => says,
            other => return other,
        };
        // GitHub does not say which comment it does not take: those outside of what it shows now, else all. It may be the
        // request for changes, too, which nobody can make on an own pull request.
        let shown = read::files(self.client, pull)?;
        let mut kept: Vec<&LineComment> =
            comments.iter().filter(|comment| crate::review::diff::shows(&shown, comment)).collect();
        if kept.len() == all.len() && event == "COMMENT" {
            kept.clear();
        }
        let again = if kept.is_empty() { Ok(()) } else { self.send_review(pull, "COMMENT", body, &kept) };
        let (left, says) = match again {
            Err(Failure::Unprocessable { says, .. }) => (all.len(), says),
            Err(other) => return Err(other),
            Ok(()) => (all.len() - kept.len(), says),
        };
        let what = if event == "COMMENT" { "" } else { "the request for changes, and " };
        let of = all.len();
        self.done
            .notes
            .push(format!("GitHub did not take {what}{left} of {of} comments on lines ({says}); the summary has all"));
        Ok(())
    }

    fn send_review(&self, pull: u64, event: &str, body: &str, comments: &[&LineComment]) -> Result<(), Failure> {
        let route = self.client.route(&format!("/pulls/{pull}/reviews"));
        let request = json!({
            "commit_id": self.target.head, "event": event, "body": body, "comments": comments,
        });
        let bodies: Vec<&String> = comments.iter().map(|comment| &comment.body).collect();
        let find = || if bodies.is_empty() { self.review_posted(pull, body) } else { self.found(pull, &bodies) };
        self.client.create("writing the review", &route, &request, find).map(|_: Made| ())
    }

    /// One of the comments is there already: the request whose answer was lost has been done.
    fn found(&self, pull: u64, bodies: &[&String]) -> Result<Option<Made>, Failure> {
        let sent: HashSet<String> = bodies.iter().filter_map(|body| Some(Marker::of(body)?.to_string())).collect();
        let me = read::viewer(self.client)?;
        let own = read::listed_inline(self.client, pull, me)?;
        let before = |id: u64| self.posted.inline.iter().any(|comment| comment.id == id);
        let mut new = own.into_iter().filter(|own| !before(own.id));
        Ok(new.find(|own| sent.contains(&own.marker.to_string())).map(|own| Made { id: own.id }))
    }

    fn review_posted(&self, pull: u64, body: &str) -> Result<Option<Made>, Failure> {
        let (marker, me) = (Marker::of(body), read::viewer(self.client)?);
        let reviews = read::reviews(self.client, pull)?.into_iter();
        let own = reviews.filter(|review| review.user.as_ref().is_some_and(|user| user.id == me));
        let mut same = own.filter(|review| review.commit_id.as_ref() == Some(&self.target.head));
        Ok(same.find(|review| Marker::of(&review.body) == marker).map(|review| Made { id: review.id }))
    }

    fn mine(&self, pull: u64) -> Result<Vec<(Marker, u64)>, Failure> {
        let me = read::viewer(self.client)?;
        Ok(read::listed_summaries(self.client, pull, me)?.into_iter().map(|own| (own.marker, own.id)).collect())
    }

    /// All of them with one request.
    fn minimize(&self, nodes: &[String]) -> Result<(), Failure> {
        let mut query = String::from("mutation(");
        let mut variables = serde_json::Map::new();
        for (at, node) in nodes.iter().enumerate() {
            let _ = write!(query, "$n{at}: ID!, ");
            variables.insert(format!("n{at}"), node.as_str().into());
        }
        query.push_str(") {");
        for at in 0..nodes.len() {
            let _ = write!(
                query,
                " m{at}: minimizeComment(input: {{subjectId: $n{at}, classifier: RESOLVED}}) {{ clientMutationId }}"
            );
        }
        query.push_str(" }");
        self.client.graphql("folding comments away", &query, &Value::Object(variables)).map(drop)
    }

    /// The check run, or a commit status where the token may not write one.
    fn check(&mut self, check: &Check) -> Result<(), Failure> {
        let cancelled = self.done.superseded_by.as_ref().map(|head| Check {
            conclusion: Conclusion::Cancelled,
            title: format!("superseded by {head}"),
            annotations: Vec::new(),
            ..check.clone()
        });
        let check = cancelled.as_ref().unwrap_or(check);
        match self.check_run(check) {
            Err(denied @ Failure::Denied { .. }) => match status(check) {
                Some(state) => {
                    self.status(check, state)?;
                    self.done.notes.push(format!("{denied}; a commit status says the same"));
                    Ok(())
                }
                None => Err(denied),
            },
            other => other,
        }
    }

    fn check_run(&self, check: &Check) -> Result<(), Failure> {
        let client = self.client;
        let mut parts = check.annotations.chunks(ANNOTATIONS);
        let first = parts.next().unwrap_or_default();
        let rest: Vec<&[Annotation]> = parts.collect();
        let output =
            |part: &[Annotation]| json!({ "title": check.title, "summary": check.summary, "annotations": part });
        let mut request = json!({
            "name": check.name, "head_sha": self.target.head, "external_id": check.says, "output": output(first),
        });
        let concluded = [("status", json!("completed")), ("conclusion", json!(check.conclusion))];
        let conclude = |request: &mut Value| {
            if let Some(request) = request.as_object_mut() {
                request.extend(concluded.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
            }
        };
        if rest.is_empty() {
            conclude(&mut request);
        } else if let Some(request) = request.as_object_mut() {
            request.insert("status".to_owned(), json!("in_progress"));
        }
        let what = "writing the check run";
        let find = || {
            let mut found = read::check_runs(client, self.target, &check.name)?.into_iter();
            let own = found.find(|run| run.external_id.as_ref() == Some(&check.says));
            Ok(own.map(|run| Made { id: run.id }))
        };
        let made: Made = client.create(what, &client.route("/check-runs"), &request, find)?;
        let route = client.route(&format!("/check-runs/{}", made.id));
        let last = rest.len();
        for (at, part) in rest.into_iter().enumerate() {
            let mut request = json!({ "output": output(part) });
            if at + 1 == last {
                conclude(&mut request);
            }
            client.change(what, &Method::PATCH, &route, &request)?;
        }
        Ok(())
    }

    fn status(&self, check: &Check, state: &str) -> Result<(), Failure> {
        let route = self.client.route(&format!("/statuses/{}", self.target.head));
        let description = escape::cut(&check.title, MAX_STATUS - 1);
        let request = json!({ "state": state, "context": check.name, "description": description });
        // Twice is like once: the last one counts.
        self.client.change("writing a commit status", &Method::POST, &route, &request)
    }
}

/// The state of a commit that says the same; none where nothing is decided.
fn status(check: &Check) -> Option<&'static str> {
    match check.conclusion {
        Conclusion::Success => Some("success"),
        Conclusion::Failure => Some("failure"),
        Conclusion::ActionRequired => Some("error"),
        Conclusion::Neutral | Conclusion::Cancelled => None,
    }
}
