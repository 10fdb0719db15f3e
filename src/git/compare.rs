//! What is asked for → what is compared, and whose rules count.

use std::path::{Path, PathBuf};

use git2::Commit;

use super::author::Author;
use super::error::{GitError, quote};
use super::event::Event;
use super::folder;
use super::index;
use super::repository::{Environment, Repository};
use super::revision::{default_branch, event_commit, first_parent, head, merge_base, parents, resolve, tree_of};
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
    /// The repository; none without git.
    pub repository: Option<Repository>,
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
    Outcome::Compare(Box::new(Comparison { trust, base, head, author: None, compared, kind, repository: None }))
}

struct Finder<'r> {
    repository: &'r Repository,
    handle: &'r git2::Repository,
}

/// The three commits of a comparison.
struct Commits<'r> {
    trust: Commit<'r>,
    base: Commit<'r>,
    head: Commit<'r>,
}

impl<'r> Finder<'r> {
    fn of_commits(&self, commits: &Commits<'r>, description: String, reproduce: String) -> Result<Outcome, GitError> {
        let Commits { trust, base, head } = commits;
        let compared = Compared {
            description,
            base: Some(base.id().to_string()),
            head: Some(head.id().to_string()),
            trust: Some(trust.id().to_string()),
            reproduce,
        };
        Ok(Outcome::Compare(Box::new(Comparison {
            trust: Some(tree_of(self.repository, trust)?),
            base: tree_of(self.repository, base)?,
            head: tree_of(self.repository, head)?,
            author: Some(Author::of(head)),
            compared,
            kind: ComparisonKind::Range,
            repository: Some(self.repository.clone()),
        })))
    }

    fn range(&self, spec: &str) -> Result<Outcome, GitError> {
        let Some((base, head)) = spec.split_once("...").or_else(|| spec.split_once("..")) else {
            return Err(GitError::NotARange { spec: spec.to_owned() });
        };
        let or_head = |side: &'_ str| if side.is_empty() { "HEAD".to_owned() } else { side.to_owned() };
        self.branches(&or_head(base), &or_head(head))
    }

    fn branches(&self, base: &str, head: &str) -> Result<Outcome, GitError> {
        let trust = resolve(self.handle, base)?;
        let tip = resolve(self.handle, head)?;
        let start = merge_base(self.handle, (trust.id(), base), (tip.id(), head))?;
        if start.id() == tip.id() {
            let sentence = if trust.id() == tip.id() {
                format!("{base} and {head} are the same commit, {}", short(&tip))
            } else {
                format!("{head} has no commit that {base} lacks")
            };
            return Ok(Outcome::NothingToCheck { sentence, offers: self.offers(&tip) });
        }
        let reproduce = format!("portcullis check {}..{}", trust.id(), tip.id());
        self.of_commits(&Commits { trust, base: start, head: tip }, format!("{base}..{head}"), reproduce)
    }

    fn merge(&self, rev: &str) -> Result<Outcome, GitError> {
        let merge = resolve(self.handle, rev)?;
        let parents = parents(&merge).len();
        if parents < 2 {
            return Err(GitError::NotAMerge { spec: rev.to_owned(), parents });
        }
        self.merge_commit(merge, format!("what the merge {rev} brings"))
    }

    fn merge_commit(&self, merge: Commit<'r>, description: String) -> Result<Outcome, GitError> {
        let base = first_parent(self.handle, &merge)?;
        let reproduce = format!("portcullis check --merge {}", merge.id());
        self.of_commits(&Commits { trust: base.clone(), base, head: merge }, description, reproduce)
    }

    fn all(&self, rev: &str, rules: Option<&str>) -> Result<Outcome, GitError> {
        let commit = resolve(self.handle, rev)?;
        let head = tree_of(self.repository, &commit)?;
        let id = commit.id().to_string();
        let reproduce = format!("portcullis check --all {id}");
        let compared = Compared {
            description: format!("all of {rev}"),
            base: None,
            head: Some(id.clone()),
            trust: Some(id),
            reproduce,
        };
        Ok(Outcome::Compare(Box::new(Comparison {
            trust: Some(match rules {
                Some(rules) => tree_of(self.repository, &resolve(self.handle, rules)?)?,
                None => head.clone(),
            }),
            base: Tree::empty(),
            head,
            author: None,
            compared,
            kind: ComparisonKind::All,
            repository: Some(self.repository.clone()),
        })))
    }

    fn staged(&self) -> Result<Outcome, GitError> {
        let tree = index::head_tree(self.handle)?;
        let (head, count) = index::staged(self.repository, tree.as_ref())?;
        self.uncommitted(head, count, ComparisonKind::Staged, "the index", "--staged")
    }

    fn work_tree(&self) -> Result<Outcome, GitError> {
        let tree = index::head_tree(self.handle)?;
        let (head, count) = index::work_tree(self.repository, tree.as_ref())?;
        self.uncommitted(head, count, ComparisonKind::Worktree, "the work tree", "--worktree")
    }

    fn uncommitted(
        &self,
        changed: Tree,
        count: usize,
        kind: ComparisonKind,
        what: &str,
        flag: &str,
    ) -> Result<Outcome, GitError> {
        let commit = match head(self.handle) {
            Ok(commit) => Some(commit),
            Err(GitError::UnbornHead { .. }) => None,
            Err(error) => return Err(error),
        };
        if count == 0 {
            let against = if commit.is_some() { "is equal to HEAD" } else { "is empty" };
            let offers = commit.map_or_else(Vec::new, |commit| self.offers(&commit));
            return Ok(Outcome::NothingToCheck { sentence: format!("{what} {against}"), offers });
        }
        let base = commit.as_ref().map(|commit| tree_of(self.repository, commit)).transpose()?;
        let id = commit.map(|commit| commit.id().to_string());
        let compared = Compared {
            description: format!("{what} against HEAD"),
            base: id.clone(),
            head: None,
            trust: id,
            reproduce: format!("portcullis check {flag}"),
        };
        Ok(Outcome::Compare(Box::new(Comparison {
            trust: base.clone(),
            base: base.unwrap_or_else(Tree::empty),
            head: changed,
            author: None,
            compared,
            kind,
            repository: Some(self.repository.clone()),
        })))
    }

    fn default(&self, environment: &Environment) -> Result<Outcome, GitError> {
        if let Some(path) = &environment.github_event_path {
            let event = Event::read(path, environment.github_event_name.as_deref())?;
            if event != Event::Other {
                let mut outcome = self.event(&event, environment)?;
                if let (Outcome::Compare(comparison), Some(login)) = (&mut outcome, event.login()) {
                    comparison.author.get_or_insert_default().login = Some(login.to_owned());
                }
                return Ok(outcome);
            }
        }
        let tip = head(self.handle)?;
        let (trust, name) = default_branch(self.handle)?;
        let start = merge_base(self.handle, (trust.id(), &name), (tip.id(), "HEAD"))?;
        if start.id() == tip.id() {
            let sentence = if trust.id() == tip.id() {
                format!("HEAD is {name} itself")
            } else {
                format!("HEAD has no commit that {name} lacks")
            };
            return Ok(Outcome::NothingToCheck { sentence, offers: self.offers(&tip) });
        }
        let reproduce = format!("portcullis check {}..{}", trust.id(), tip.id());
        self.of_commits(&Commits { trust, base: start, head: tip }, format!("{name}..HEAD"), reproduce)
    }

    /// What there is to judge when a comparison is empty.
    fn offers(&self, tip: &Commit<'_>) -> Vec<Offer> {
        let offer = |what: String, arguments: String| Offer { what, command: format!("portcullis check {arguments}") };
        let mut offers = Vec::new();
        if let Ok(Some(tree)) = index::head_tree(self.handle) {
            match index::count_uncommitted(self.repository, &tree) {
                0 => {}
                1 => offers.push(offer("1 uncommitted file".into(), "--worktree".into())),
                count => offers.push(offer(format!("{count} uncommitted files"), "--worktree".into())),
            }
        }
        if tip.parent_count() > 0 {
            offers.push(offer("the last commit".into(), format!("{0}~1..{0}", short(tip))));
        }
        offers.push(offer("the whole tree".into(), "--all".into()));
        offers
    }

    fn event(&self, event: &Event, environment: &Environment) -> Result<Outcome, GitError> {
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

fn short(commit: &Commit<'_>) -> String {
    commit.id().to_string().chars().take(10).collect()
}
