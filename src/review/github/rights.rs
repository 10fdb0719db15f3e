//! Who overrides the verdict: a label ([`labels`]), or an approving review of the judged commit. Both end with the head.

use crate::config::OverrideRights;
use crate::config::overrides::Override;

use super::access::is_repository;
use super::api::{Membership, Review};
use super::labels::{self, Labeled, Standing};
use super::read::{self, Target};
use super::{Client, Failure};

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
    if !rights.labels.is_empty() {
        match labels::standing(client, target, pull, &rights.labels, labeled) {
            Ok(Standing::Counts(labeled)) => found.overrides.push(members.by_label(&labeled, &target.head)?),
            Ok(Standing::Void(why)) => found.notes.push(why),
            Ok(Standing::Nothing) => {}
            Err(denied @ Failure::Denied { .. }) => found.notes.push(format!("no label can override: {denied}")),
            Err(other) => return Err(other),
        }
    }
    if rights.actors.is_empty() && rights.teams.is_empty() {
        return Ok(found);
    }
    let reviews = match read::reviews(client, pull) {
        Err(denied @ Failure::Denied { .. }) => {
            found.notes.extend(members.notes);
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
    /// The override that a label is.
    fn by_label(&mut self, labeled: &Labeled, head: &str) -> Result<Override, Failure> {
        let Labeled { label, description, actor, when } = labeled;
        let (actor, team) = self.find(actor)?.unwrap_or_else(|| (actor.clone(), None));
        let text = if description.is_empty() { String::new() } else { format!(": {description}") };
        Ok(Override {
            fingerprints: None,
            actor,
            team,
            label: Some(label.clone()),
            reason: format!("label {label}{text}"),
            until: None,
            evidence: Some(format!("the label of {when} on {head}")),
        })
    }

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
    use super::{Review, approving};

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
}
