//! Stage 1 against real repositories, made by the real git.

mod ci;
mod clones;
mod ranges;
mod trees;
mod uncommitted;
mod without_git;

use std::path::Path;
use std::process::Command;

use portcullis::finding::Reason;
use portcullis::git::{Comparison, Content, Environment, FileChange, GitError, Outcome, Request, Tree, compare, diff};
use tempfile::TempDir;

struct Repo {
    dir: TempDir,
}

impl Repo {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(options: &[&str]) -> Self {
        let repo = Self { dir: tempfile::tempdir().unwrap() };
        repo.git(&[&["init", "-q", "-b", "main"], options].concat());
        repo
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(self.path(), arguments)
    }

    fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, content) in files {
            self.write(path, content);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a commit"]);
        self.id("HEAD")
    }

    fn id(&self, rev: &str) -> String {
        self.git(&["rev-parse", rev])
    }

    fn environment(&self) -> Environment {
        Environment { current_dir: self.path().to_owned(), ..Environment::default() }
    }

    fn compare(&self, request: &Request) -> Comparison {
        comparison(compare(request, &self.environment()).unwrap())
    }

    fn range(&self, spec: &str) -> Comparison {
        self.compare(&Request::Range { spec: spec.into() })
    }

    fn error(&self, request: &Request) -> GitError {
        compare(request, &self.environment()).unwrap_err()
    }

    fn event(&self, name: &str, payload: &serde_json::Value, sha: Option<&str>) -> Environment {
        let file = self.path().join(".git/event.json");
        std::fs::write(&file, payload.to_string()).unwrap();
        Environment {
            github_event_name: Some(name.into()),
            github_event_path: Some(file),
            github_sha: sha.map(Into::into),
            ..self.environment()
        }
    }
}

fn git_in(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Runs the command that an error's help begins with.
fn mend(dir: &Path, help: &str) {
    let command = help.split(" (in actions").next().unwrap().split(", or").next().unwrap();
    assert!(command.starts_with("git "), "{help}");
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    git_in(dir, &arguments);
}

fn comparison(outcome: Outcome) -> Comparison {
    match outcome {
        Outcome::Compare(comparison) => *comparison,
        Outcome::NothingToCheck { sentence, .. } => panic!("nothing to check: {sentence}"),
    }
}

fn nothing(outcome: Outcome) -> (String, Vec<String>) {
    match outcome {
        Outcome::Compare(comparison) => panic!("{:?}", comparison.compared),
        Outcome::NothingToCheck { sentence, offers } => {
            (sentence, offers.into_iter().map(|offer| format!("{}: {}", offer.what, offer.command)).collect())
        }
    }
}

fn changes(comparison: &Comparison) -> Vec<FileChange> {
    diff(&comparison.base, &comparison.head).unwrap()
}

/// `A path`, `D path`, `M path`, `R from path`, as `git diff --name-status`.
fn summary(comparison: &Comparison) -> Vec<String> {
    changes(comparison)
        .iter()
        .map(|change| match (&change.old, &change.new, &change.moved_from) {
            (_, _, Some(from)) => format!("R {from} {}", change.path),
            (None, ..) => format!("A {}", change.path),
            (_, None, _) => format!("D {}", change.path),
            _ => format!("M {}", change.path),
        })
        .collect()
}

fn text(tree: &Tree, path: &str) -> String {
    match tree.read(&tree.entry(path).unwrap().unwrap()).unwrap() {
        Content::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
        Content::NotJudged(reason, detail) => format!("{reason}: {detail}"),
    }
}

fn reason(tree: &Tree, path: &str) -> (Reason, String) {
    match tree.read(&tree.entry(path).unwrap().unwrap()).unwrap() {
        Content::Bytes(bytes) => panic!("{bytes:?}"),
        Content::NotJudged(reason, detail) => (reason, detail),
    }
}

fn all(rev: &str) -> Request {
    Request::All { rev: rev.into(), rules: None }
}

/// main has one commit more than where `pr` left it.
fn diverged() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("apps/a.yaml", "a: 1\n"), ("apps/b.yaml", "b: 1\n"), ("other/c.yaml", "c: 1\n")]);
    repo.git(&["switch", "-q", "-c", "pr"]);
    repo.commit(&[("apps/a.yaml", "a: 2\n"), ("apps/new.yaml", "new: 1\n")]);
    repo.git(&["switch", "-q", "main"]);
    repo.commit(&[("other/c.yaml", "c: 2\n")]);
    repo
}
