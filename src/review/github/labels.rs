//! Labels that override. A label carries no commit, so it counts where the run's own event tells that it was given to the
//! judged head, and in other runs where GitHub's log of pushes tells that the branch came to this head before the label was
//! given. Dates of commits say nothing: whoever pushes writes them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::report::escape;
use crate::source::RepoPath;

use super::access::is_repository;
use super::api::{Activity, IssueEvent, Tip};
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

/// What became of the labels that override.
pub(super) enum Standing {
    /// There is none on the pull request.
    Nothing,
    /// It was given to the judged head.
    Counts(Labeled),
    /// It does not count, and why.
    Void(String),
}

/// Which of the labels stands on the pull request, and whether it was given to the judged head.
pub(super) fn standing(
    client: &Client,
    target: &Target,
    number: u64,
    names: &[String],
    labeled: Option<&Labeled>,
) -> Result<Standing, Failure> {
    let pull = read::pull(client, number)?;
    let labels: Vec<_> = pull.labels.into_iter().filter(|label| names.contains(&label.name)).collect();
    if labels.is_empty() || pull.head.sha != target.head {
        return Ok(Standing::Nothing);
    }
    // The event that giving it made names the head that had it then.
    if let Some(labeled) = labeled.filter(|labeled| labels.iter().any(|label| label.name == labeled.label)) {
        return Ok(Standing::Counts(labeled.clone()));
    }
    let route = client.route(&format!("/issues/{number}/events"));
    let events: Vec<IssueEvent> = client.list("asking when the label was given", &route)?;
    // The last event of a label is the one by which it stands there.
    let mut given: BTreeMap<String, (Option<String>, String)> = BTreeMap::new();
    for IssueEvent { label, actor, created_at, .. } in events.into_iter().filter(|event| event.event == "labeled") {
        given.extend(label.map(|label| (label.name, (actor.map(|actor| actor.login), created_at))));
    }
    let since = pushed(client, &pull.head)?;
    let mut void = Standing::Nothing;
    for label in labels {
        let (actor, when) = given.remove(&label.name).unwrap_or_default();
        if let (true, Some(actor)) = (is_after(&when, since.as_deref()), actor) {
            let description = label.description.unwrap_or_default();
            return Ok(Standing::Counts(Labeled { label: label.name, description, actor, when }));
        }
        let since = since.as_deref().unwrap_or("a time that GitHub does not tell");
        let (label, when) = (escape::one_line(&label.name), escape::one_line(&when));
        void = Standing::Void(format!(
            "the label {label} of {when} does not override: the head was pushed at {since}; remove it and give it again"
        ));
    }
    Ok(void)
}

/// Whether something came later than something else, as GitHub writes times. In the same second it is not known.
fn is_after(later: &str, earlier: Option<&str>) -> bool {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    earlier.and_then(time).zip(time(later)).is_some_and(|(earlier, later)| later > earlier)
}

/// When the branch of a pull request came to its head, by GitHub's log of pushes.
fn pushed(client: &Client, head: &Tip) -> Result<Option<String>, Failure> {
    let name = head.repo.as_ref().map(|repo| repo.full_name.as_str());
    let Some(repository) = name.filter(|name| is_repository(name)) else { return Ok(None) };
    let branch = escape::uri(&RepoPath::from(format!("refs/heads/{}", head.branch).as_str()));
    let route = format!("/repos/{repository}/activity?ref={branch}&per_page=1");
    let latest: Vec<Activity> = client.get("asking when the head was pushed", &route)?;
    // Some other head there: the log is behind, so nothing is known.
    let push = latest.into_iter().next().filter(|push| push.after == head.sha);
    Ok(push.map(|push| escape::one_line(&push.timestamp)))
}

#[cfg(test)]
mod tests {
    use super::{Labeled, is_after};

    #[test]
    fn a_label_counts_when_it_is_given() {
        let event = |action: &str| {
            format!(r#"{{"action":"{action}","label":{{"name":"x","description":null}},"sender":{{"login":"a"}}}}"#)
        };
        assert_eq!(Labeled::of_event(event("labeled").as_bytes()).map(|found| found.label), Some("x".into()));
        assert_eq!(Labeled::of_event(event("unlabeled").as_bytes()), None);
        assert_eq!(Labeled::of_event(b"{"), None);
    }

    #[test]
    fn the_same_second_is_not_later() {
        assert!(is_after("2027-01-15T08:00:01Z", Some("2027-01-15T08:00:00Z")));
        for (later, earlier) in [
            ("2027-01-15T08:00:00Z", Some("2027-01-15T08:00:00Z")),
            ("2027-01-15T07:00:00Z", Some("2027-01-15T08:00:00Z")),
            ("2027-01-15T08:00:00Z", None),
            ("", Some("2027-01-15T08:00:00Z")),
            ("2027-01-15T08:00:00Z", Some("yesterday")),
        ] {
            assert!(!is_after(later, earlier), "{later} {earlier:?}");
        }
    }
}
