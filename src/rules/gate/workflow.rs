//! `gate/workflow-weakened`.

use std::sync::Arc;

use super::WORKFLOW_WEAKENED;
use crate::check::Draft;
use crate::source::{RepoPath, Source};

const MUFFLERS: [&str; 4] = ["continue-on-error: true", "allow_failure: true", "|| true", "|| :"];

/// A file that tells a CI what to run.
#[must_use]
pub fn is_workflow(path: &RepoPath) -> bool {
    let text = path.as_str();
    text.starts_with(".github/")
        || matches!(text, ".gitlab-ci.yml" | ".pre-commit-config.yaml")
        || text.starts_with(".forgejo/")
}

/// What the change does to a CI file that runs portcullis at the base.
#[must_use]
pub fn weakened_workflow(old: &Arc<Source>, new: Option<&Arc<Source>>) -> Option<Draft> {
    let mentions = lines(old).filter(|(_, line)| line.contains("portcullis")).count();
    let (first, _) = lines(old).find(|(_, line)| line.contains("portcullis"))?;
    let at_base = || old.line_span(first).unwrap_or_default();
    let Some(new) = new else {
        return Some(Draft::new(&WORKFLOW_WEAKENED, old, at_base(), "the file that runs portcullis is removed"));
    };
    if lines(new).filter(|(_, line)| line.contains("portcullis")).count() < mentions {
        let message = "the file no longer runs portcullis where it did";
        return Some(Draft::new(&WORKFLOW_WEAKENED, old, at_base(), message));
    }
    MUFFLERS.iter().find_map(|muffler| {
        let count = |source: &Arc<Source>| lines(source).filter(|(_, line)| line.contains(muffler)).count();
        if count(new) <= count(old) {
            return None;
        }
        let (line, _) = lines(new).filter(|(_, line)| line.contains(muffler)).last()?;
        let message = format!("`{muffler}` lets a job pass whatever it says");
        Some(Draft::new(&WORKFLOW_WEAKENED, new, new.line_span(line).unwrap_or_default(), message).detail(*muffler))
    })
}

/// Lines that are no comments, with their numbers.
fn lines(source: &Source) -> impl Iterator<Item = (u32, &str)> {
    (1..=source.line_count())
        .filter_map(|number| Some((number, source.line(number)?)))
        .filter(|(_, line)| !line.trim_start().starts_with('#'))
}
