//! `portcullis.yaml`: validated settings and the questions that the pipeline asks of them.
//!
//! `raw` holds the types as written; `schema` makes the editors' JSON Schema of them, `shape` checks a file against
//! that schema, `validate` checks what a schema cannot say and compiles patterns. Every mistake of a file is reported at
//! once, with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::finding::{Effect, Operation, Reason, Severity};
use crate::source::{Position, Source};

pub mod comment;
mod error;
pub mod explain;
pub mod minor;
pub mod overrides;
pub mod pattern;
mod raw;
mod read;
mod schema;
mod shape;
pub mod suppress;
mod validate;
pub mod weaken;

pub(crate) use error::did_you_mean;
pub use error::{ConfigError, ConfigErrors};
pub use minor::{MINORS, Minor};
pub use raw::{Apply, CommentMode, Existing, FailOn, Level, Mode, OverrideRights};
pub use schema::{schema, schema_text};

use pattern::{ObjectPattern, PathSet, Wildcard};
use suppress::ConfigSuppression;

/// The file's name at the repository's root.
pub const FILE_NAME: &str = "portcullis.yaml";

/// Validated settings. The default is what holds without a file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Whether the verdict may block.
    pub mode: Mode,
    /// Severity from which a new finding fails the change.
    pub fail_on: FailOn,
    /// What existing findings do.
    pub existing: Existing,
    /// How objects are applied.
    pub apply: Apply,
    /// Files that are judged; every file when empty.
    pub include: PathSet,
    /// Files that are not; wins over `include`.
    pub exclude: PathSet,
    /// Minors for files in no cluster.
    pub kubernetes: Kubernetes,
    /// Folders and files of the repository with CRDs, JSON Schemas or catalogues, and templates of JSON Schemas' paths; `/` at
    /// the end removed.
    pub schemas: Vec<String>,
    /// Levels as written.
    pub rules: Vec<RuleLevel>,
    /// Effects that differ from the reasons' own; `missing-schema` is the reason `no-schema`.
    pub effects: BTreeMap<Reason, Effect>,
    /// Policies for every file.
    pub policies: Vec<Policy>,
    /// Named clusters.
    pub clusters: Vec<Cluster>,
    /// Accepted findings.
    pub suppressions: Vec<ConfigSuppression>,
    /// Rules for which the head's own suppressions count; none written: those of authority advice.
    pub suppressions_from_head: Option<Vec<Wildcard>>,
    /// Files in which Flux replaces `${NAME}`.
    pub substitution: PathSet,
    /// Who may override, and which rules nobody may.
    pub overriding: OverrideRights,
    /// What is posted to a pull request.
    pub review: Review,
    /// Operations that Gatekeeper's webhook sees; none written: its own default.
    pub gatekeeper_operations: Option<Vec<Operation>>,
    source: Option<Arc<Source>>,
}

/// The minors to judge for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// Those that run today, oldest first; never empty.
    pub current: Vec<Minor>,
    /// The one that comes; newer than every current one.
    pub next: Option<Minor>,
    /// First day on which `next` counts as a current one; never, when none.
    pub next_fails_from: Option<Date>,
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self { current: vec![Minor::NEWEST], next: None, next_fails_from: None }
    }
}

/// What is posted to a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// When there is a summary comment.
    pub comment: CommentMode,
    /// Name of the check run.
    pub check: String,
}

impl Default for Review {
    fn default() -> Self {
        Self { comment: CommentMode::default(), check: "portcullis report".to_owned() }
    }
}

/// One entry of `rules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLevel {
    /// A rule's id, aliases resolved, or a pattern.
    pub rule: Wildcard,
    /// Its level.
    pub level: Level,
    /// JSON pointer of the entry.
    pub pointer: String,
}

/// One entry of `policies`.
#[derive(Clone, Debug)]
pub struct Policy {
    /// A bundled policy or a folder.
    pub uses: String,
    /// Level of its findings; its own when none.
    pub level: Option<Level>,
    /// First day on which its findings are errors.
    pub enforce_from: Option<Date>,
    /// Parameters.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// How conftest would be called.
    pub conftest: Conftest,
    /// What it does not apply to.
    pub except: Vec<Except>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// JSON pointer of the entry.
    pub pointer: String,
}

impl Policy {
    /// The entry of a folder that the caller gives.
    #[must_use]
    pub fn of_folder(path: &str) -> Self {
        Self {
            uses: path.to_owned(),
            level: None,
            enforce_from: None,
            params: serde_json::Map::new(),
            conftest: Conftest::default(),
            except: Vec::new(),
            owner: None,
            pointer: String::new(),
        }
    }
}

/// What the command line of `conftest test` would say of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conftest {
    /// `--combine`: the policies judge all documents together. None: those do that are written for it.
    pub combine: Option<bool>,
    /// `--namespace`: the packages that are asked, in which `*` stands for any text. None: conftest's default.
    pub namespaces: Option<Vec<String>>,
}

/// What a policy does not apply to; every list that is not empty must match.
#[derive(Clone, Debug)]
pub struct Except {
    /// Namespaces.
    pub namespaces: Vec<Wildcard>,
    /// Objects.
    pub objects: Vec<ObjectPattern>,
    /// Files.
    pub paths: PathSet,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Last day on which it counts.
    pub until: Option<Date>,
    /// JSON pointer of the entry.
    pub pointer: String,
}

/// A named cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Files that it gets.
    pub paths: PathSet,
    /// Folders that its agents deploy.
    pub roots: PathSet,
    /// Its minors, what it leaves out taken from the top.
    pub kubernetes: Kubernetes,
    /// CRDs, JSON Schemas and catalogues for it alone.
    pub schemas: Vec<String>,
    /// Policies for it alone.
    pub policies: Vec<Policy>,
    /// JSON pointer of the entry.
    pub pointer: String,
}

/// Whether a file is judged, and by which pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// It is; the pattern of `include`, or none when every file is.
    Included(Option<&'a str>),
    /// It is not: the pattern of `exclude`, or none when no pattern of `include` holds it.
    Excluded(Option<&'a str>),
}

impl Config {
    /// Read and validate a file. `path` is what errors and suppressions call it.
    ///
    /// # Errors
    /// Every mistake in it, each with its place.
    pub fn parse(path: &str, text: &str) -> Result<Self, ConfigErrors> {
        validate::parse(path, text)
    }

    /// Judge every file for these minors, whatever the file says. `minors` is not empty.
    pub fn judge_for(&mut self, minors: &[Minor]) {
        let mut current = minors.to_vec();
        current.sort_unstable();
        current.dedup();
        let profile = Kubernetes { current, next: None, next_fails_from: None };
        for cluster in &mut self.clusters {
            cluster.kubernetes = profile.clone();
        }
        self.kubernetes = profile;
    }

    /// Whether a file is judged.
    #[must_use]
    pub fn scope(&self, path: &str) -> Scope<'_> {
        if let Some(by) = self.exclude.matching(path) {
            return Scope::Excluded(Some(by));
        }
        match self.include.matching(path) {
            Some(by) => Scope::Included(Some(by)),
            None if self.include.is_empty() => Scope::Included(None),
            None => Scope::Excluded(None),
        }
    }

    /// The clusters that get a file: by its path, or because it lies below one of their roots. Empty: the defaults hold.
    #[must_use]
    pub fn clusters_of(&self, path: &str) -> Vec<&Cluster> {
        let holds = |c: &&Cluster| c.paths.matching(path).is_some() || c.roots.matching(path).is_some();
        self.clusters.iter().filter(holds).collect()
    }

    /// The entry of `rules` that decides a rule's level: an exact id before a pattern, of patterns the one with more
    /// characters besides `*`, of equally long ones the stricter.
    #[must_use]
    pub fn level_entry(&self, rule: &str) -> Option<&RuleLevel> {
        let rank = |entry: &&RuleLevel| (entry.rule.is_exact(), entry.rule.weight(), entry.level);
        self.rules.iter().filter(|entry| entry.rule.matches(rule)).max_by_key(rank)
    }

    /// The severity of a rule's findings; none when it is off.
    #[must_use]
    pub fn level(&self, rule: &str, default: Severity) -> Option<Severity> {
        self.level_entry(rule).map_or(Some(default), |entry| entry.level.severity())
    }

    /// What a reason does to the verdict.
    #[must_use]
    pub fn unchecked_effect(&self, reason: Reason) -> Effect {
        self.effects.get(&reason).copied().unwrap_or_else(|| reason.default_effect())
    }

    /// The minors of a cluster, or of files in none.
    #[must_use]
    pub fn minors<'a>(&'a self, cluster: Option<&'a Cluster>) -> &'a Kubernetes {
        cluster.map_or(&self.kubernetes, |cluster| &cluster.kubernetes)
    }

    /// The file's name; [`FILE_NAME`] without a file.
    #[must_use]
    pub fn path(&self) -> &str {
        self.source.as_ref().map_or(FILE_NAME, |source| source.path.as_str())
    }

    /// A mistake that only the repository shows, at the value of a JSON pointer.
    #[must_use]
    pub fn mistake(&self, pointer: &str, message: String, help: &str) -> ConfigError {
        error::at(self.source.as_deref(), pointer, message, help)
    }

    /// The file itself says something at this JSON pointer.
    fn writes(&self, pointer: &str) -> bool {
        let text = self.source.as_ref().map(|source| source.text.as_str());
        text.is_some_and(|text| read::locate(text, pointer, read::Part::Key).is_some())
    }

    /// Where the entry at a JSON pointer starts; its nearest ancestor when it is not written; line 1 without a file.
    #[must_use]
    pub fn position(&self, pointer: &str) -> Position {
        let start = Position { line: 1, column: 1 };
        let Some(source) = &self.source else { return start };
        let mut pointer = pointer;
        loop {
            let part = if pointer.is_empty() { read::Part::Value } else { read::Part::Key };
            let found = read::locate(&source.text, pointer, part)
                .or_else(|| read::locate(&source.text, pointer, read::Part::Value));
            match (found, pointer.rsplit_once('/')) {
                (Some(span), _) => return source.position(span.start),
                (None, Some((parent, _))) => pointer = parent,
                (None, None) => return start,
            }
        }
    }
}
