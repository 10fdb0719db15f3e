//! Who overrides the verdict: a label that the run's own event tells of, or an approving review of the judged commit.
//!
//! Both end with the head. A review carries the commit that it speaks of. A label does not, and nothing that GitHub tells
//! of a label later says which commit its giver saw; so it counts in the run that giving it started, and in no other.

use serde::Deserialize;

use crate::config::OverrideRights;
use crate::config::overrides::Override;

use super::access::is_repository;
use super::api::{Membership, Review};
use super::read::{self, Target};
use super::{Client, Failure};

/// A label that was given, by the event that started the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labeled {
    /// Its name.
    pub label: String,
    /// What its description says.
    pub description: String,
    /// Who gave it.
    pub actor: String,
    /// When, as GitHub writes times; empty if the event does not say.
    pub when: String,
}

#[derive(Deserialize)]
struct Payload {
    action: Option<String>,
    label: Option<Label>,
    sender: Option<Sender>,
    pull_request: Option<Pull>,
}

#[derive(Deserialize)]
struct Pull {
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
struct Sender {
    login: String,
}

impl Labeled {
    /// What an event's payload says, if it is about giving a label.
    #[must_use]
    pub fn of_event(payload: &[u8]) -> Option<Self> {
        let payload: Payload = serde_json::from_slice(payload).ok()?;
        let label = payload.label.filter(|_| payload.action.as_deref() == Some("labeled"))?;
        Some(Self {
            label: label.name,
            description: label.description.unwrap_or_default(),
            actor: payload.sender?.login,
            when: payload.pull_request.and_then(|pull| pull.updated_at).unwrap_or_default(),
        })
    }
}

/// What was found, and sentences about what could not be looked up.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Overrides of the judged head.
    pub overrides: Vec<Override>,
    /// What could not be looked up.
    pub notes: Vec<String>,
}

/// Look for overrides. Nothing is asked where the config names nobody.
///
/// # Errors
/// What is not the lack of a right: who may not read reviews or teams finds no override.
pub fn overrides(
    client: &Client,
    target: &Target,
    rights: &OverrideRights,
    labeled: Option<&Labeled>,
) -> Result<Found, Failure> {
    let mut found = Found::default();
    let Some(pull) = target.pull else { return Ok(found) };
    let mut members = Members { client, rights, notes: Vec::new() };
    if let Some(labeled) = labeled.filter(|labeled| rights.labels.contains(&labeled.label)) {
        let (actor, team) = members.find(&labeled.actor)?.unwrap_or_else(|| (labeled.actor.clone(), None));
        let text = if labeled.description.is_empty() { String::new() } else { format!(": {}", labeled.description) };
        found.overrides.push(Override {
            fingerprints: None,
            actor,
            team,
            label: Some(labeled.label.clone()),
            reason: format!("label {}{text}", labeled.label),
            until: None,
            evidence: Some(format!("the label of {} on {}", labeled.when, target.head)),
        });
    }
    if rights.actors.is_empty() && rights.teams.is_empty() {
        return Ok(found);
    }
    let reviews = match read::reviews(client, pull) {
        Err(denied @ Failure::Denied { .. }) => {
            found.notes.push(format!("no override can be found: {denied}"));
            return Ok(found);
        }
        other => other?,
    };
    for review in approving(reviews, &target.head) {
        let Some(login) = review.user.as_ref().map(|user| user.login.as_str()) else { continue };
        let Some((actor, team)) = members.find(login)? else { continue };
        let when = review.submitted_at.as_ref().map_or(String::new(), |when| format!(" of {when}"));
        found.overrides.push(Override {
            fingerprints: None,
            actor,
            team,
            label: None,
            reason: review.body.trim().to_owned(),
            until: None,
            evidence: Some(format!("review{when} {}", review.html_url)),
        });
    }
    found.notes.extend(members.notes);
    Ok(found)
}

/// Of each person the last review that takes a stand, if it approves this commit and says why.
fn approving(reviews: Vec<Review>, head: &str) -> Vec<Review> {
    let mut last: Vec<Review> = Vec::new();
    for review in reviews.into_iter().filter(|review| review.state != "COMMENTED" && review.state != "PENDING") {
        let author = review.user.as_ref().map(|user| user.id);
        last.retain(|other| other.user.as_ref().map(|user| user.id) != author);
        last.push(review);
    }
    // An everyday approval has no text; an override without a reason would leave no trail.
    last.retain(|review| {
        review.state == "APPROVED" && review.commit_id.as_deref() == Some(head) && !review.body.trim().is_empty()
    });
    last
}

struct Members<'a> {
    client: &'a Client,
    rights: &'a OverrideRights,
    notes: Vec<String>,
}

impl Members<'_> {
    /// The person as the config names them, or the team by which they may.
    fn find(&mut self, login: &str) -> Result<Option<(String, Option<String>)>, Failure> {
        if let Some(actor) = self.rights.actors.iter().find(|actor| actor.eq_ignore_ascii_case(login)) {
            return Ok(Some((actor.clone(), None)));
        }
        let plain = login.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        for team in self.rights.teams.iter().filter(|team| plain && is_repository(team)) {
            let Some((organisation, slug)) = team.split_once('/') else { continue };
            let route = format!("/orgs/{organisation}/teams/{slug}/memberships/{login}");
            match self.client.get::<Membership>("asking for a team's member", &route) {
                Ok(member) if member.state == "active" => return Ok(Some((login.to_owned(), Some(team.clone())))),
                Ok(_) | Err(Failure::Denied { status: 404, .. }) => {}
                Err(denied @ Failure::Denied { .. }) => {
                    self.notes.push(format!("{denied}; members of teams are told to an App's token only"));
                }
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::api::User;
    use super::{Labeled, Review, approving};

    fn review(user: u64, state: &str, commit: &str, body: &str) -> Review {
        Review {
            id: 1,
            user: Some(User { id: user, login: format!("u{user}") }),
            body: body.into(),
            state: state.into(),
            commit_id: Some(commit.into()),
            html_url: String::new(),
            submitted_at: None,
        }
    }

    #[test]
    fn only_the_last_stand_on_the_head_counts() {
        let reviews = vec![
            review(1, "APPROVED", "head", "outage"),
            review(1, "COMMENTED", "head", "thanks"),
            review(2, "APPROVED", "head", "fine"),
            review(2, "DISMISSED", "head", "fine"),
            review(3, "APPROVED", "before", "fine"),
            review(4, "APPROVED", "head", " "),
            review(5, "APPROVED", "head", "ok"),
            review(5, "CHANGES_REQUESTED", "head", "no"),
        ];
        let found: Vec<u64> = approving(reviews, "head").iter().map(|r| r.user.as_ref().unwrap().id).collect();
        assert_eq!(found, [1]);
    }

    #[test]
    fn a_label_counts_when_it_is_given() {
        let event = |action: &str| {
            format!(r#"{{"action":"{action}","label":{{"name":"x","description":null}},"sender":{{"login":"a"}}}}"#)
        };
        assert_eq!(Labeled::of_event(event("labeled").as_bytes()).map(|found| found.label), Some("x".into()));
        assert_eq!(Labeled::of_event(event("unlabeled").as_bytes()), None);
        assert_eq!(Labeled::of_event(b"{"), None);
    }
}
