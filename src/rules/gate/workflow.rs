//! `gate/workflow-weakened`.

use std::sync::Arc;

use super::{WORKFLOW_WEAKENED, jobs};
use crate::check::Draft;
use crate::source::{RepoPath, Source};

pub(super) const NAME: &str = "portcullis";
/// What lets a step of any CI pass whatever it says.
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
pub fn weakened_workflow(old: &Arc<Source>, new: Option<&Arc<Source>>) -> Vec<Draft> {
    let mentions = |source: &Source| lines(source).filter(|(_, line)| line.contains(NAME)).count();
    let Some((first, _)) = lines(old).find(|(_, line)| line.contains(NAME)) else { return Vec::new() };
    let lost =
        |message: &str| vec![Draft::new(&WORKFLOW_WEAKENED, old, old.line_span(first).unwrap_or_default(), message)];
    let Some(new) = new else { return lost("the file that runs portcullis is removed") };
    if mentions(new) < mentions(old) {
        return lost("the file no longer runs portcullis where it did");
    }
    // GitHub's shape tells which job a muffler is for; of other files only the lines are known.
    jobs::weakened(NAME, &old.text, new).unwrap_or_else(|| muffled(old, new).into_iter().collect())
}

fn muffled(old: &Source, new: &Arc<Source>) -> Option<Draft> {
    MUFFLERS.iter().find_map(|muffler| {
        let count = |source: &Source| lines(source).filter(|(_, line)| line.contains(muffler)).count();
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
