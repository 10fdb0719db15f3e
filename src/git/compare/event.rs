//! The comparison that a CI event asks for.

use git2::Commit;

use super::Outcome;
use super::finder::{Commits, Finder, short};
use crate::git::error::GitError;
use crate::git::event::Event;
use crate::git::repository::Environment;
use crate::git::revision::{default_branch, event_commit, head, merge_base, parents};

impl<'r> Finder<'r> {
    pub(super) fn event(&self, event: &Event, environment: &Environment) -> Result<Outcome, GitError> {
        match event {
            Event::PullRequest { number, base, head, merge, trusted_run, .. } => {
                let checked_out = self::head(self.handle)?;
                let known = [merge.as_deref(), environment.github_sha.as_deref(), Some(base)];
                if is_merge_ref(&checked_out, head, known) {
                    return self.merge_commit(checked_out, format!("pull request #{number}, merged into its target"));
                }
                let trusted_base = trusted_run.then_some(base.as_str());
                let tip = self.event_head(&checked_out, head, trusted_base)?;
                let trust = event_commit(self.handle, base, "the event's base commit", true)?;
                let start = merge_base(self.handle, (trust.id(), base), (tip.id(), head))?;
                self.of_event(trust, start, tip, &format!("pull request #{number}"))
            }
            Event::MergeGroup { base, head } => {
                let tip = self.event_head(&self::head(self.handle)?, head, None)?;
                // The group is built on its base, so no history is needed to find where they part.
                let start = event_commit(self.handle, base, "the event's base commit", false)?;
                self.of_event(start.clone(), start, tip, "merge group")
            }
            Event::Push { after: None, reference, .. } => Ok(Outcome::NothingToCheck {
                sentence: format!("the push deletes {}", reference.escape_debug()),
                offers: Vec::new(),
            }),
            Event::Push { before, after: Some(after), reference, .. } => {
                let tip = self.event_head(&self::head(self.handle)?, after, None)?;
                let description = format!("push to {}", reference.escape_debug());
                if let Some(before) = before {
                    // Not from the merge base: a forced push takes back commits, and that is a change too.
                    let start = event_commit(self.handle, before, "the event's base commit", false)?;
                    return self.of_event(start.clone(), start, tip, &description);
                }
                let (trust, name) = default_branch(self.handle)?;
                let start = merge_base(self.handle, (trust.id(), &name), (tip.id(), after))?;
                self.of_event(trust, start, tip, &description)
            }
            Event::Schedule | Event::Other => self.all("HEAD", None),
        }
    }

    /// The event's head, which must be what is checked out.
    fn event_head(
        &self,
        checked_out: &Commit<'_>,
        expected: &str,
        trusted_base: Option<&str>,
    ) -> Result<Commit<'r>, GitError> {
        if checked_out.id().to_string() == expected {
            return event_commit(self.handle, expected, "the event's head commit", false);
        }
        Err(GitError::HeadIsNotTheEvents {
            head: checked_out.id().to_string(),
            expected: expected.to_owned(),
            base: trusted_base.map(str::to_owned),
        })
    }

    fn of_event(
        &self,
        trust: Commit<'r>,
        base: Commit<'r>,
        head: Commit<'r>,
        description: &str,
    ) -> Result<Outcome, GitError> {
        if base.id() == head.id() {
            let sentence = format!("{description}: the head {} is part of the base already", short(&head));
            return Ok(Outcome::NothingToCheck { sentence, offers: Vec::new() });
        }
        let description = format!("{description}: {}..{}", short(&base), short(&head));
        let reproduce = format!("portcullis check {}..{}", trust.id(), head.id());
        self.of_commits(&Commits { trust, base, head }, description, reproduce)
    }
}

/// The commit is the forge's own merge of the pull request. That its second parent is the head is not enough: a later
/// push to the pull request may be such a merge too, with a first parent (the trust commit!) of its author's choice. So
/// the event must name the merge, or its first parent.
fn is_merge_ref(commit: &Commit<'_>, head: &str, known: [Option<&str>; 3]) -> bool {
    let [merge, sha, base] = known;
    let id = commit.id().to_string();
    match parents(commit).as_slice() {
        [first, second] if second.to_string() == head => {
            merge == Some(&id) || sha == Some(&id) || base == Some(&first.to_string())
        }
        _ => false,
    }
}
