//! What is asked for → what is compared, and whose rules count.

mod event;
mod finder;

use std::path::{Path, PathBuf};

use self::finder::Finder;
use super::author::Author;
use super::error::{GitError, quote};
use super::folder;
use super::repository::{Environment, Repository};
use super::tree::Tree;
use crate::report::model::Compared;

/// What to compare, as the command line asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The CI event's change; without an event HEAD against its merge base with the default branch.
    Default,
    /// `A..B` or `A...B`: B against its merge base with A, the tip of the target branch. An empty side is HEAD.
    Range {
        /// As written.
        spec: String,
    },
    /// The same with the two sides apart.
    BaseHead {
        /// The tip of the target branch.
        base: String,
        /// The change.
        head: String,
    },
    /// The index against HEAD.
    Staged,
    /// The files on disk, untracked ones included, against HEAD.
    Worktree,
    /// Everything in a commit.
    All {
        /// The commit.
        rev: String,
        /// The commit whose rules count, if not the same.
        rules: Option<String>,
    },
    /// A merge commit against its first parent.
    Merge {
        /// The merge commit.
        rev: String,
    },
    /// Files and folders without git.
    Paths {
        /// As given; relative ones count from the current folder.
        paths: Vec<PathBuf>,
    },
    /// The text of standard input, as one file.
    Stdin {
        /// The text.
        bytes: Vec<u8>,
    },
    /// Two folders without git.
    Folders {
        /// Before.
        base: PathBuf,
        /// After.
        head: PathBuf,
    },
}

/// Which sort of comparison came of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonKind {
    /// Two commits.
    Range,
    /// The index against HEAD.
    Staged,
    /// The work tree against HEAD.
    Worktree,
    /// Everything in a commit; the base is empty.
    All,
    /// Files, folders or standard input; the base is empty.
    Paths,
    /// Two folders.
    Folders,
}

/// Two sides, and the tree whose config, policies and suppressions count.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The trust commit's tree, or the folder whose rules count; none before the first commit and for standard input.
    pub trust: Option<Tree>,
    /// Before.
    pub base: Tree,
    /// After.
    pub head: Tree,
    /// Who wrote the head; none where it is no commit.
    pub author: Option<Author>,
    /// For the report.
    pub compared: Compared,
    /// Which sort.
    pub kind: ComparisonKind,
}

/// What else could be judged, when there is nothing to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is there: `3 uncommitted files`.
    pub what: String,
    /// The command that judges it.
    pub command: String,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Something to compare.
    Compare(Box<Comparison>),
    /// Both sides are there, and are one.
    NothingToCheck {
        /// Why, in one sentence.
        sentence: String,
        /// What could be judged instead.
        offers: Vec<Offer>,
    },
}

/// Finds the two sides of a request. Reads no more than the commits, the index and the top folders.
pub fn compare(request: &Request, environment: &Environment) -> Result<Outcome, GitError> {
    match request {
        Request::Paths { paths } => named_paths(paths, environment),
        Request::Stdin { bytes } => Ok(without_git(
            None,
            Tree::empty(),
            folder::stdin(bytes.clone()),
            ComparisonKind::Paths,
            "standard input".into(),
            "portcullis check -".into(),
        )),
        Request::Folders { base, head } => folders(base, head, environment),
        _ => {
            let repository = Repository::open(environment)?;
            let handle = repository.reopen()?;
            let finder = Finder { repository: &repository, handle: &handle };
            match request {
                Request::Range { spec } => finder.range(spec),
                Request::BaseHead { base, head } => finder.branches(base, head),
                Request::Staged => finder.staged(),
                Request::Worktree => finder.work_tree(),
                Request::All { rev, rules } => finder.all(rev, rules.as_deref()),
                Request::Merge { rev } => finder.merge(rev),
                _ => finder.default(environment),
            }
        }
    }
}

fn named_paths(paths: &[PathBuf], environment: &Environment) -> Result<Outcome, GitError> {
    let (head, top) = folder::named_paths(paths, &environment.current_dir)?;
    let names: Vec<_> = paths.iter().map(|path| quote(&path.to_string_lossy())).collect();
    let names = names.join(" ");
    let command = format!("portcullis check {names}");
    // Nobody keeps manifests in all of a file system, and reading it would not end.
    let trust = if top.parent().is_some() { Tree::folder(top) } else { Tree::empty() };
    Ok(without_git(Some(trust), Tree::empty(), head, ComparisonKind::Paths, names, command))
}

fn folders(base: &Path, head: &Path, environment: &Environment) -> Result<Outcome, GitError> {
    let trees =
        (folder::named_folder(base, &environment.current_dir)?, folder::named_folder(head, &environment.current_dir)?);
    let (base, head) = (quote(&base.to_string_lossy()), quote(&head.to_string_lossy()));
    let command = format!("portcullis check --base-dir {base} --head-dir {head}");
    let description = format!("the folder {head} against {base}");
    Ok(without_git(Some(trees.0.clone()), trees.0, trees.1, ComparisonKind::Folders, description, command))
}

fn without_git(
    trust: Option<Tree>,
    base: Tree,
    head: Tree,
    kind: ComparisonKind,
    description: String,
    reproduce: String,
) -> Outcome {
    let compared = Compared { description, base: None, head: None, trust: None, reproduce };
    Outcome::Compare(Box::new(Comparison { trust, base, head, author: None, compared, kind }))
}
