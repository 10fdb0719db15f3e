//! The two sides of a request in a repository.

use git2::Commit;

use super::{Comparison, ComparisonKind, Offer, Outcome};
use crate::git::author::Author;
use crate::git::error::GitError;
use crate::git::event::Event;
use crate::git::index;
use crate::git::repository::{Environment, Repository};
use crate::git::revision::{default_branch, first_parent, head, merge_base, parents, resolve, tree_of};
use crate::git::tree::Tree;
use crate::report::model::Compared;

pub(super) struct Finder<'r> {
    pub(super) repository: &'r Repository,
    pub(super) handle: &'r git2::Repository,
}

/// The three commits of a comparison.
pub(super) struct Commits<'r> {
    pub(super) trust: Commit<'r>,
    pub(super) base: Commit<'r>,
    pub(super) head: Commit<'r>,
}

impl<'r> Finder<'r> {
    pub(super) fn of_commits(
        &self,
        commits: &Commits<'r>,
        description: String,
        reproduce: String,
    ) -> Result<Outcome, GitError> {
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
        })))
    }

    pub(super) fn range(&self, spec: &str) -> Result<Outcome, GitError> {
        let Some((base, head)) = spec.split_once("...").or_else(|| spec.split_once("..")) else {
            return Err(GitError::NotARange { spec: spec.to_owned() });
        };
        let or_head = |side: &'_ str| if side.is_empty() { "HEAD".to_owned() } else { side.to_owned() };
        self.branches(&or_head(base), &or_head(head))
    }

    pub(super) fn branches(&self, base: &str, head: &str) -> Result<Outcome, GitError> {
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

    pub(super) fn merge(&self, rev: &str) -> Result<Outcome, GitError> {
        let merge = resolve(self.handle, rev)?;
        let parents = parents(&merge).len();
        if parents < 2 {
            return Err(GitError::NotAMerge { spec: rev.to_owned(), parents });
        }
        self.merge_commit(merge, format!("what the merge {rev} brings"))
    }

    pub(super) fn merge_commit(&self, merge: Commit<'r>, description: String) -> Result<Outcome, GitError> {
        let base = first_parent(self.handle, &merge)?;
        let reproduce = format!("portcullis check --merge {}", merge.id());
        self.of_commits(&Commits { trust: base.clone(), base, head: merge }, description, reproduce)
    }

    pub(super) fn all(&self, rev: &str, rules: Option<&str>) -> Result<Outcome, GitError> {
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
        })))
    }

    pub(super) fn staged(&self) -> Result<Outcome, GitError> {
        let tree = index::head_tree(self.handle)?;
        let (head, count) = index::staged(self.repository, tree.as_ref())?;
        self.uncommitted(head, count, ComparisonKind::Staged, "the index", "--staged")
    }

    pub(super) fn work_tree(&self) -> Result<Outcome, GitError> {
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
        })))
    }

    pub(super) fn default(&self, environment: &Environment) -> Result<Outcome, GitError> {
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
}

pub(super) fn short(commit: &Commit<'_>) -> String {
    commit.id().to_string().chars().take(10).collect()
}
