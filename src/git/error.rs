//! What can go wrong before anything is judged. Every error says what happened ([`std::fmt::Display`]) and what mends
//! it ([`GitError::help`]), where there is one as a command to paste.

use std::path::PathBuf;

use crate::source::RepoPath;

/// Why two trees could not be compared or read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No repository holds the path.
    #[error("{} is not in a git repository", path.display())]
    NotARepository {
        /// Where the search began, or what `GIT_DIR` says.
        path: PathBuf,
    },
    /// git's protection against repositories of other users.
    #[error("the repository at {} belongs to another user", path.display())]
    ForeignOwner {
        /// The repository.
        path: PathBuf,
    },
    /// An object format, ref storage or other extension that libgit2 does not read.
    #[error("the repository at {} uses {what}, which portcullis cannot read", path.display())]
    UnsupportedFormat {
        /// The repository.
        path: PathBuf,
        /// `SHA-256 object ids`, `the reftable ref storage`, or the extension's name.
        what: String,
    },
    /// HEAD names a branch without a commit.
    #[error("the repository has no commit yet: HEAD is the unborn branch {branch}")]
    UnbornHead {
        /// The branch.
        branch: String,
    },
    /// Nothing has the name.
    #[error("no such revision: {spec}")]
    NoSuchRevision {
        /// What was asked for.
        spec: String,
        /// Existing branches and tags with a similar name, the most similar first.
        suggestions: Vec<String>,
        /// The clone is shallow, so the revision may lie beyond its end.
        shallow: bool,
    },
    /// An abbreviated id that several objects have.
    #[error("{spec} is ambiguous: several objects begin with it")]
    AmbiguousRevision {
        /// What was asked for.
        spec: String,
    },
    /// A tree, a blob or a tag of one.
    #[error("{spec} is a {kind}, not a commit")]
    NotACommit {
        /// What was asked for.
        spec: String,
        /// What it is.
        kind: String,
    },
    /// One revision where two are needed.
    #[error("{spec} is not a range of commits")]
    NotARange {
        /// What was asked for.
        spec: String,
    },
    /// Neither origin/HEAD nor a branch main or master.
    #[error("there is no default branch to compare with: neither origin/HEAD nor main or master exists")]
    NoDefaultBranch,
    /// Two commits without a common ancestor.
    #[error("{base} and {head} have no common ancestor")]
    UnrelatedHistories {
        /// The one.
        base: String,
        /// The other.
        head: String,
    },
    /// The common ancestor lies beyond the end of a shallow clone.
    #[error("the clone is shallow and ends before the common ancestor of {base} and {head}")]
    ShallowHistory {
        /// The one.
        base: String,
        /// The other.
        head: String,
    },
    /// A merge commit at the end of a shallow clone.
    #[error("the clone is shallow: the parents of the merge commit {commit} are not in it")]
    ShallowMerge {
        /// The merge commit.
        commit: String,
    },
    /// `--merge` of something else.
    #[error("{spec} is not a merge commit: it has {parents} parent(s)")]
    NotAMerge {
        /// What was asked for.
        spec: String,
        /// How many parents it has.
        parents: usize,
    },
    /// Commits that the CI event names and the clone lacks.
    #[error("{what} {id} is not in this clone")]
    MissingCommit {
        /// `the event's head commit`, `the event's base commit`, `the tree of commit`.
        what: &'static str,
        /// Its id.
        id: String,
        /// The clone is shallow.
        shallow: bool,
    },
    /// The checkout is of another commit than the event's.
    #[error("HEAD is {head}, but the event is about {expected}")]
    HeadIsNotTheEvents {
        /// HEAD's commit.
        head: String,
        /// The event's head.
        expected: String,
        /// The event's base, where the run has the base checked out on purpose (`pull_request_target`).
        base: Option<String>,
    },
    /// The event's file is missing, no JSON, or lacks a field.
    #[error("the CI event in {} cannot be read: {problem}", path.display())]
    BadEvent {
        /// The file that `GITHUB_EVENT_PATH` names.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Unmerged entries.
    #[error("the index has unmerged files: {}", listed(paths))]
    UnmergedIndex {
        /// Them.
        paths: Vec<RepoPath>,
    },
    /// A bare repository has neither.
    #[error("the repository at {} is bare: it has no work tree", path.display())]
    BareRepository {
        /// The repository.
        path: PathBuf,
    },
    /// A split or sparse index.
    #[error("the index uses {what}, which portcullis cannot read")]
    UnsupportedIndex {
        /// `a split index`, `a sparse index`, or libgit2's words.
        what: String,
        /// What turns it off.
        command: &'static str,
    },
    /// An object that the clone lacks (a partial clone) or lost.
    #[error("{} {path} ({id}) is not in this clone", if *folder { "the list of files of" } else { "the content of" })]
    MissingObject {
        /// The file or folder.
        path: RepoPath,
        /// Its git id.
        id: String,
        /// It is a folder.
        folder: bool,
        /// The clone is a partial one, so that git can fetch the object.
        partial: bool,
    },
    /// A tree that git itself would not check out.
    #[error("the tree of the folder `{folder}` has an entry with the impossible name `{name}`")]
    BadName {
        /// The folder.
        folder: RepoPath,
        /// The name.
        name: RepoPath,
    },
    /// A path beyond what any system can check out.
    #[error("the path {start}… is longer than {limit} bytes")]
    PathTooLong {
        /// Its beginning.
        start: RepoPath,
        /// The limit.
        limit: usize,
    },
    /// A tree or a change beyond any real one.
    #[error("there are more than {limit} files below the folder `{folder}`")]
    TooManyFiles {
        /// The folder where the walk began.
        folder: RepoPath,
        /// The limit.
        limit: usize,
    },
    /// A path of the command line.
    #[error("{} does not exist", path.display())]
    NoSuchPath {
        /// As given.
        path: PathBuf,
    },
    /// A file or folder outside git.
    #[error("{} cannot be read: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the work tree was written while it was read.
    #[error("{path} changed while it was read")]
    ChangedWhileReading {
        /// The file.
        path: RepoPath,
    },
    /// Anything else that libgit2 says.
    #[error("{doing}: {}", source.message())]
    Git {
        /// What was tried, as `reading HEAD`.
        doing: String,
        /// libgit2's error.
        source: git2::Error,
    },
}

impl GitError {
    /// Wraps libgit2's error with what was tried.
    pub(super) fn git(doing: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        |source| Self::Git { doing: doing.into(), source }
    }

    /// What mends it, in one sentence or command.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NotARepository { .. } => {
                "run it inside a repository, or judge files without git: portcullis check PATH…".into()
            }
            Self::ForeignOwner { path } => {
                format!("if you trust it: git config --global --add safe.directory {}", quote(&path.to_string_lossy()))
            }
            Self::UnsupportedFormat { .. } => {
                "compare two exported folders: mkdir base head && git archive BASE | tar -x \
                -C base && git archive HEAD | tar -x -C head && portcullis check --base-dir base --head-dir head"
                    .into()
            }
            Self::UnbornHead { .. } => {
                "judge what is about to be committed: portcullis check --staged, or --worktree".into()
            }
            Self::NoSuchRevision { spec, suggestions, shallow } => no_such_revision(spec, suggestions, *shallow),
            Self::AmbiguousRevision { spec } => {
                format!("write more of the id; these have it: git rev-parse --disambiguate={}", quote(spec))
            }
            Self::NotACommit { .. } => "name a commit, a branch or a tag of a commit".into(),
            Self::NotARange { spec } => format!("portcullis check {0}~1..{0}, or main..{0}", quote(spec)),
            Self::NoDefaultBranch => "git remote set-head origin --auto, or say what to compare: portcullis check \
                BASE..HEAD"
                .into(),
            Self::UnrelatedHistories { base, head } => format!(
                "check that both belong to one project; to compare their files all the same: git worktree add base {} \
                 && git worktree add head {} && portcullis check --base-dir base --head-dir head",
                quote(base),
                quote(head)
            ),
            Self::ShallowHistory { .. } => {
                "git fetch --unshallow origin (in actions/checkout: `fetch-depth: 0`)".into()
            }
            Self::ShallowMerge { .. } => {
                "git fetch --deepen=1 origin HEAD_REF, with the ref that was fetched, or `fetch-depth: 2` in \
                 actions/checkout"
                    .into()
            }
            Self::NotAMerge { spec, .. } => {
                format!("judge it as a commit: portcullis check {0}~1..{0}", quote(spec))
            }
            Self::MissingCommit { id, shallow, .. } => {
                format!("git fetch {}origin {id}", if *shallow { "--depth=1 " } else { "" })
            }
            Self::HeadIsNotTheEvents { expected, base: None, .. } => {
                format!("git fetch origin {expected} && git checkout --detach {expected}")
            }
            Self::HeadIsNotTheEvents { expected, base: Some(base), .. } => format!(
                "a run with the base's rights must not check the head out; it is read from the object store: git fetch \
                 origin {base} {expected} && portcullis check --base {base} --head {expected}"
            ),
            Self::BadEvent { .. } => "say what to compare: portcullis check BASE..HEAD".into(),
            Self::UnmergedIndex { .. } => "resolve them and git add each, or git merge --abort".into(),
            Self::BareRepository { .. } => "compare commits: portcullis check BASE..HEAD".into(),
            Self::UnsupportedIndex { command, .. } => (*command).into(),
            Self::MissingObject { id, partial: true, .. } => format!(
                "git cat-file -e {id}, or for all of them at once: git fetch --refetch --no-filter origin (in \
                 actions/checkout: without `filter:` and `sparse-checkout:`)"
            ),
            Self::MissingObject { .. } => {
                "the repository is damaged: git fsck --full lists what is lost; fetch or clone it again".into()
            }
            Self::BadName { .. } | Self::PathTooLong { .. } => {
                "no git client can check this commit out; git fsck --full names the tree; the commit must be rewritten"
                    .into()
            }
            Self::TooManyFiles { .. } => {
                "this is no repository of manifests; name folders: portcullis check PATH…".into()
            }
            Self::NoSuchPath { path } => {
                format!(
                    "check the spelling; a revision is written with two dots: {}..HEAD",
                    quote(&path.to_string_lossy())
                )
            }
            Self::Io { path, .. } => format!("ls -ld {}", quote(&path.to_string_lossy())),
            Self::ChangedWhileReading { .. } => "run it again".into(),
            Self::Git { .. } => "git fsck --full tells whether the repository is sound".into(),
        }
    }
}

fn no_such_revision(spec: &str, suggestions: &[String], shallow: bool) -> String {
    let is_id = spec.len() == 40 && spec.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id {
        return format!("git fetch origin {spec}");
    }
    let quoted: Vec<String> = suggestions.iter().map(|name| quote(name)).collect();
    let meant = if quoted.is_empty() { String::new() } else { format!("did you mean {}? ", quoted.join(" or ")) };
    let all = "git branch --all lists the branches";
    if shallow {
        return format!("{meant}the clone is shallow: git fetch --unshallow origin; {all}");
    }
    format!("{meant}{all}; a branch of the remote is fetched by: git fetch origin")
}

fn listed(paths: &[RepoPath]) -> String {
    const SHOWN: usize = 5;
    let names: Vec<String> = paths.iter().take(SHOWN).map(ToString::to_string).collect();
    match paths.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A word for a POSIX shell. Names of branches and files are the change's, and somebody pastes the command.
#[must_use]
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:=^~,%".contains(c);
    if !word.is_empty() && !word.starts_with('~') && word.chars().all(plain) {
        return word.to_owned();
    }
    let clean: String = word.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    format!("'{}'", clean.replace('\'', r"'\''"))
}
