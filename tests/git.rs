//! Stage 1 against real repositories, made by the real git.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use portcullis::finding::Reason;
use portcullis::git::{
    Comparison, Content, EntryKind, Environment, FileChange, GitError, Hunk, Outcome, Request, Tree, compare, diff,
    hunks,
};
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
        files.iter().for_each(|(path, content)| self.write(path, content));
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
    Request::All { rev: rev.into() }
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

#[test]
fn a_range_begins_at_the_merge_base_and_trusts_its_left_side() {
    let repo = diverged();
    for spec in ["main..pr", "main...pr"] {
        let comparison = repo.range(spec);
        assert_eq!(summary(&comparison), ["M apps/a.yaml", "A apps/new.yaml"]);
        assert_eq!(comparison.compared.base, Some(repo.id("main~1")));
        assert_eq!(comparison.compared.head, Some(repo.id("pr")));
        assert_eq!(comparison.compared.trust, Some(repo.id("main")));
        assert_eq!(text(comparison.trust.as_ref().unwrap(), "other/c.yaml"), "c: 2\n");
        assert_eq!(text(&comparison.base, "other/c.yaml"), "c: 1\n");
    }
    let apart = repo.compare(&Request::BaseHead { base: "main".into(), head: "pr".into() });
    assert_eq!(summary(&apart), ["M apps/a.yaml", "A apps/new.yaml"]);
}

#[test]
fn by_default_head_is_compared_with_the_default_branch() {
    let repo = diverged();
    repo.git(&["switch", "-q", "pr"]);
    let comparison = repo.compare(&Request::Default);
    assert_eq!(comparison.compared.description, "main..HEAD");
    assert_eq!(summary(&comparison), ["M apps/a.yaml", "A apps/new.yaml"]);

    repo.git(&["switch", "-q", "main"]);
    repo.write("apps/a.yaml", "a: 3\n");
    repo.write("untracked.yaml", "x\n");
    let (sentence, offers) = nothing(compare(&Request::Default, &repo.environment()).unwrap());
    assert_eq!(sentence, "HEAD is main itself");
    let short = &repo.id("HEAD")[..10];
    let last = format!("the last commit: portcullis check {short}~1..{short}");
    let expected =
        ["2 uncommitted files: portcullis check --worktree", last.as_str(), "the whole tree: portcullis check --all"];
    assert_eq!(offers, expected);

    repo.git(&["branch", "-q", "-m", "main", "trunk"]);
    assert!(matches!(repo.error(&Request::Default), GitError::NoDefaultBranch));
}

#[test]
fn a_clone_compares_with_the_default_branch_of_origin() {
    let up = diverged();
    let dir = tempfile::tempdir().unwrap();
    git_in(dir.path(), &["clone", "-q", up.path().to_str().unwrap(), "."]);
    git_in(dir.path(), &["switch", "-q", "pr"]);
    // The local branch is behind, or gone: origin's counts.
    git_in(dir.path(), &["branch", "-q", "-D", "main"]);
    let environment = Environment { current_dir: dir.path().join("apps"), ..Environment::default() };
    let comparison = comparison(compare(&Request::Default, &environment).unwrap());
    assert_eq!(comparison.compared.description, "origin/main..HEAD");
    assert_eq!(summary(&comparison), ["M apps/a.yaml", "A apps/new.yaml"]);
}

#[test]
fn everything_of_a_commit_is_compared_with_nothing() {
    let repo = diverged();
    let comparison = repo.compare(&all("pr"));
    assert_eq!(summary(&comparison), ["A apps/a.yaml", "A apps/b.yaml", "A apps/new.yaml", "A other/c.yaml"]);
    assert_eq!(comparison.compared.trust, Some(repo.id("pr")));
}

#[test]
fn moves_modes_and_types() {
    let repo = Repo::new();
    let long = "x: 1\n".repeat(20);
    repo.commit(&[("a/moved.yaml", &long), ("a/twice.yaml", "same\n"), ("mode.sh", "m\n"), ("type.yaml", "t\n")]);
    repo.commit(&[("dir/file.yaml", "f\n"), ("dir.yaml", "d\n"), ("becomes-dir", "b\n")]);
    repo.git(&["mv", "a/moved.yaml", "moved here.yaml"]);
    repo.git(&["rm", "-q", "a/twice.yaml", "type.yaml", "becomes-dir"]);
    repo.git(&["rm", "-q", "-r", "dir"]);
    repo.write("one.yaml", "same\n");
    repo.write("two.yaml", "same\n");
    repo.write("dir", "now a file\n");
    repo.write("becomes-dir/x.yaml", "x\n");
    std::os::unix::fs::symlink("mode.sh", repo.path().join("type.yaml")).unwrap();
    repo.git(&["add", "-A"]);
    repo.git(&["update-index", "--chmod=+x", "mode.sh"]);
    repo.git(&["commit", "-q", "-m", "changes"]);
    let comparison = repo.range("HEAD~1..HEAD");
    let expected = [
        // One deleted and two added files of the same content: which was moved is not known.
        "D a/twice.yaml",
        "D becomes-dir",
        "A becomes-dir/x.yaml",
        "A dir",
        "D dir/file.yaml",
        "M mode.sh",
        "R a/moved.yaml moved here.yaml",
        "A one.yaml",
        "A two.yaml",
        "M type.yaml",
    ];
    assert_eq!(summary(&comparison), expected);
    let changes = changes(&comparison);
    let mode = changes.iter().find(|change| change.path.as_str() == "mode.sh").unwrap();
    let kinds = |change: &FileChange| (change.old.as_ref().unwrap().kind, change.new.as_ref().unwrap().kind);
    assert_eq!(kinds(mode), (EntryKind::File, EntryKind::Executable));
    let link = changes.iter().find(|change| change.path.as_str() == "type.yaml").unwrap();
    assert_eq!(kinds(link), (EntryKind::File, EntryKind::Symlink));
    let read = comparison.head.read(link.new.as_ref().unwrap()).unwrap();
    assert_eq!(read, Content::NotJudged(Reason::Symlink, "it points to mode.sh".into()));
}

/// The same differences as `git diff --raw`, on a tree with folders that sort differently in git and by name.
#[test]
fn the_diff_is_gits() {
    let repo = Repo::new();
    let names = ["a", "a.b", "a-b/x", "a/b".replace('/', "0").as_str(), "b/c/d", "b/c.d", "b/c-d/e", "z"]
        .map(ToOwned::to_owned);
    names.iter().for_each(|name| repo.write(name, name));
    repo.commit(&[]);
    let names = names.iter().step_by(2).chain(std::iter::once(&names[5]));
    names.for_each(|name| repo.write(name, format!("{name} changed")));
    repo.write("a-b/y", "new");
    repo.git(&["rm", "-q", "z"]);
    repo.commit(&[]);
    let raw = repo.git(&["diff", "--no-renames", "--name-status", "HEAD~1", "HEAD"]).replace('\t', " ");
    let mut expected: Vec<&str> = raw.lines().collect();
    expected.sort_by_key(|line| line[2..].to_owned());
    assert_eq!(summary(&repo.range("HEAD~1..HEAD")), expected);
}

#[test]
fn what_is_no_manifest_is_not_judged() {
    let repo = Repo::new();
    repo.write("lfs.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    repo.write("crypt.yaml", b"\0GITCRYPT\0abc");
    repo.write("binary.yaml", b"a: \0");
    repo.write("late-nul.yaml", [vec![b' '; 9000], vec![0]].concat());
    repo.write("utf16.yaml", b"\xFF\xFEa\0:\0 \x001\0");
    repo.write("large.yaml", vec![b'#'; (32 << 20) + 1]);
    repo.write("limit.yaml", vec![b'#'; 32 << 20]);
    let other = diverged();
    repo.git(&["submodule", "--quiet", "add", other.path().to_str().unwrap(), "sub"]);
    repo.commit(&[]);
    for request in [all("HEAD"), Request::Paths { paths: vec![PathBuf::from(".")] }] {
        let tree = repo.compare(&request).head;
        assert_eq!(reason(&tree, "lfs.yaml").0, Reason::LfsPointer);
        assert_eq!(reason(&tree, "crypt.yaml").0, Reason::GitCrypt);
        assert_eq!(reason(&tree, "binary.yaml").0, Reason::Binary);
        assert_eq!(reason(&tree, "large.yaml"), (Reason::TooLarge, "33554433 bytes, the limit is 33554432".into()));
        for readable in ["late-nul.yaml", "utf16.yaml", "limit.yaml"] {
            let entry = tree.entry(readable).unwrap().unwrap();
            assert!(matches!(tree.read(&entry).unwrap(), Content::Bytes(_)), "{readable}");
        }
    }
    let tree = repo.compare(&all("HEAD")).head;
    assert_eq!(reason(&tree, "sub"), (Reason::Submodule, format!("another repository at commit {}", other.id("HEAD"))));
}

#[test]
fn strange_names_are_read() {
    let repo = Repo::new();
    let invalid = OsString::from_vec(b"inv\xFFalid/\xE9.yaml".to_vec());
    repo.write(&invalid, "invalid: 1\n");
    repo.commit(&[("with space/new\nline.yaml", "newline: 1\n"), ("größe/ü.yaml", "umlaut: 1\n")]);
    repo.write(&invalid, "invalid: 2\n");
    repo.commit(&[("with space/new\nline.yaml", "newline: 2\n"), ("größe/ü.yaml", "umlaut: 2\n")]);
    let comparison = repo.range("HEAD~1..HEAD");
    assert_eq!(summary(&comparison), ["M größe/ü.yaml", "M inv\\xffalid/\\xe9.yaml", "M with space/new\\nline.yaml"]);
    for tree in [comparison.head, repo.compare(&Request::Paths { paths: vec![".".into()] }).head] {
        let found: Vec<String> = tree.files("").unwrap().iter().map(|file| text(&tree, file.path.as_str())).collect();
        assert_eq!(found, ["umlaut: 2\n", "invalid: 2\n", "newline: 2\n"]);
    }
    repo.write(&invalid, "invalid: 3\n");
    for request in [Request::Worktree, Request::Staged] {
        let comparison = repo.compare(&request);
        assert_eq!(summary(&comparison), ["M inv\\xffalid/\\xe9.yaml"]);
        assert_eq!(text(&comparison.head, changes(&comparison)[0].path.as_str()), "invalid: 3\n");
        repo.git(&["add", "-A"]);
    }
}

#[test]
fn folders_of_a_tree() {
    let repo = diverged();
    let tree = repo.compare(&all("HEAD")).head;
    let paths = |entries: Vec<portcullis::git::TreeEntry>| -> Vec<String> {
        entries.iter().map(|entry| entry.path.as_str().to_owned()).collect()
    };
    assert_eq!(paths(tree.children("").unwrap()), ["apps", "other"]);
    assert_eq!(paths(tree.children("apps").unwrap()), ["apps/a.yaml", "apps/b.yaml"]);
    assert_eq!(paths(tree.children("nowhere").unwrap()), [""; 0]);
    assert_eq!(paths(tree.children("apps/a.yaml").unwrap()), [""; 0]);
    assert_eq!(tree.folder_id("apps").unwrap().unwrap().to_string(), repo.id("HEAD:apps"));
    assert_eq!(tree.folder_id("").unwrap().unwrap().to_string(), repo.id("HEAD:"));
    assert_eq!(tree.folder_id("apps/a.yaml").unwrap(), None);
    for none in ["apps/../other", "apps/a.yaml/x", "./apps", "/apps", "apps/"] {
        assert_eq!(tree.entry(none).unwrap(), None, "{none}");
    }
    // Many threads may read one tree.
    std::thread::scope(|scope| {
        (0..8).for_each(|_| {
            scope.spawn(|| (0..50).for_each(|_| assert_eq!(text(&tree, "apps/a.yaml"), "a: 1\n")));
        });
    });
}

#[test]
fn the_index_against_head() {
    let repo = diverged();
    repo.write("apps/a.yaml", "a: staged\n");
    repo.git(&["add", "apps/a.yaml"]);
    repo.write("apps/a.yaml", "a: work tree\n");
    repo.write("intended.yaml", "x\n");
    repo.git(&["add", "--intent-to-add", "intended.yaml"]);
    repo.git(&["rm", "-q", "other/c.yaml"]);
    let comparison = repo.compare(&Request::Staged);
    assert_eq!(summary(&comparison), ["M apps/a.yaml", "D other/c.yaml"]);
    assert_eq!(text(&comparison.head, "apps/a.yaml"), "a: staged\n");
    assert_eq!(comparison.head.folder_id("apps").unwrap(), None);
    // Its only file is gone, so the folder is.
    assert_eq!(comparison.head.entry("other").unwrap(), None);
    assert_eq!(comparison.head.files("").unwrap().len(), 2);
    assert_eq!(comparison.compared.trust, Some(repo.id("HEAD")));

    repo.git(&["reset", "-q"]);
    let (sentence, offers) = nothing(compare(&Request::Staged, &repo.environment()).unwrap());
    assert_eq!(sentence, "the index is equal to HEAD");
    assert_eq!(offers[0], "3 uncommitted files: portcullis check --worktree");
}

/// `git commit -a` and `git commit PATH` prepare another index and tell the hook of it by GIT_INDEX_FILE.
#[test]
fn a_hook_sees_the_index_that_is_committed() {
    let repo = diverged();
    repo.write("hook.sh", "#!/bin/sh\nenv | grep ^GIT_ > .git/hook-environment\n[ -z \"$GIT_INDEX_FILE\" ] || cp \"$GIT_INDEX_FILE\" .git/kept-index\n");
    let hook = repo.path().join(".git/hooks/pre-commit");
    std::fs::rename(repo.path().join("hook.sh"), &hook).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    repo.write("other/c.yaml", "c: staged, not committed\n");
    repo.git(&["add", "other/c.yaml"]);
    repo.write("apps/a.yaml", "a: 2\n");
    repo.git(&["commit", "-q", "-m", "one path", "apps/a.yaml"]);
    repo.git(&["reset", "-q", "--soft", "HEAD~1"]);
    let seen = std::fs::read_to_string(repo.path().join(".git/hook-environment")).unwrap();
    assert!(seen.contains("GIT_INDEX_FILE="), "{seen}");
    let environment = Environment { git_index_file: Some(".git/kept-index".into()), ..repo.environment() };
    let comparison = comparison(compare(&Request::Staged, &environment).unwrap());
    assert_eq!(summary(&comparison), ["M apps/a.yaml"]);
}

#[test]
fn an_unmerged_index_is_an_error() {
    let repo = diverged();
    repo.commit(&[("apps/a.yaml", "a: 3\n")]);
    let merge = Command::new("git").args(["merge", "-q", "pr"]).current_dir(repo.path()).output().unwrap();
    assert!(!merge.status.success());
    for request in [Request::Staged, Request::Worktree] {
        assert_eq!(repo.error(&request).to_string(), "the index has unmerged files: apps/a.yaml");
    }
}

#[test]
fn the_work_tree_against_head() {
    let repo = diverged();
    repo.commit(&[(".gitignore", "ignored.yaml\n"), ("deep/er/x.yaml", "x: 1\n"), (".gitattributes", "*.yaml text\n")]);
    repo.write("ignored.yaml", "i\n");
    repo.write("apps/a.yaml", "a: staged\n");
    repo.git(&["add", "apps/a.yaml"]);
    // Taken back in the work tree: no change at all.
    repo.write("apps/a.yaml", "a: 1\n");
    repo.write("new/folder/n.yaml", "n: 1\r\nm: 2\r\n");
    std::fs::remove_file(repo.path().join("other/c.yaml")).unwrap();
    std::fs::create_dir(repo.path().join("moved")).unwrap();
    std::fs::rename(repo.path().join("deep/er/x.yaml"), repo.path().join("moved/x.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", repo.path().join("link.yaml")).unwrap();
    let objects = repo.git(&["count-objects"]);
    let comparison = repo.compare(&Request::Worktree);
    let expected = ["A link.yaml", "R deep/er/x.yaml moved/x.yaml", "A new/folder/n.yaml", "D other/c.yaml"];
    assert_eq!(summary(&comparison), expected);
    let head = &comparison.head;
    // As `git add` would store it.
    assert_eq!(text(head, "new/folder/n.yaml"), "n: 1\nm: 2\n");
    assert_eq!(text(head, "apps/a.yaml"), "a: 1\n");
    assert_eq!(reason(head, "link.yaml"), (Reason::Symlink, "it points to /etc/passwd".into()));
    assert_eq!(head.folder_id("apps").unwrap().unwrap().to_string(), repo.id("HEAD:apps"));
    assert_eq!(head.folder_id("new").unwrap(), None);
    assert_eq!(head.entry("deep").unwrap(), None);
    assert_eq!(repo.git(&["count-objects"]), objects, "nothing is written");

    repo.write("new/folder/n.yaml", "changed\n");
    let entry = head.entry("new/folder/n.yaml").unwrap().unwrap();
    assert!(matches!(head.read(&entry), Err(GitError::ChangedWhileReading { .. })));
}

#[test]
fn files_that_sparse_checkout_leaves_out_are_not_deleted() {
    let repo = diverged();
    repo.git(&["sparse-checkout", "set", "--no-cone", "apps"]);
    assert!(!repo.path().join("other/c.yaml").exists());
    repo.write("apps/a.yaml", "a: 5\n");
    assert_eq!(summary(&repo.compare(&Request::Worktree)), ["M apps/a.yaml"]);
}

#[test]
fn unreadable_index_formats_are_named() {
    let repo = diverged();
    repo.git(&["update-index", "--split-index"]);
    let error = repo.error(&Request::Staged);
    assert_eq!(error.to_string(), "the index uses the split format (core.splitIndex), which portcullis cannot read");
    mend(repo.path(), &error.help());
    nothing(compare(&Request::Staged, &repo.environment()).unwrap());

    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "apps"]);
    let error = repo.error(&Request::Staged);
    assert_eq!(error.to_string(), "the index uses the sparse format (index.sparse), which portcullis cannot read");
    mend(repo.path(), &error.help());
    nothing(compare(&Request::Staged, &repo.environment()).unwrap());
}

#[test]
fn before_the_first_commit() {
    let repo = Repo::new();
    let (sentence, _) = nothing(compare(&Request::Staged, &repo.environment()).unwrap());
    assert_eq!(sentence, "the index is empty");
    for request in [Request::Default, all("HEAD")] {
        let error = repo.error(&request);
        assert_eq!(error.to_string(), "the repository has no commit yet: HEAD is the unborn branch main");
    }
    repo.write("apps/a.yaml", "a: 1\n");
    repo.git(&["add", "-A"]);
    repo.write("b.yaml", "b: 1\n");
    let staged = repo.compare(&Request::Staged);
    assert_eq!(summary(&staged), ["A apps/a.yaml"]);
    assert!(staged.trust.is_none());
    assert_eq!(summary(&repo.compare(&Request::Worktree)), ["A apps/a.yaml", "A b.yaml"]);
}

#[test]
fn revisions_that_are_none() {
    let repo = diverged();
    let error = repo.error(&Request::Range { spec: "mian..pr".into() });
    assert_eq!(error.to_string(), "no such revision: mian");
    assert!(error.help().starts_with("did you mean main?"), "{}", error.help());
    let id = "0123456789012345678901234567890123456789";
    assert_eq!(repo.error(&all(id)).help(), format!("git fetch origin {id}"));
    assert!(matches!(repo.error(&all("HEAD:apps")), GitError::NotACommit { kind, .. } if kind == "tree"));
    assert!(matches!(repo.error(&Request::Range { spec: "pr".into() }), GitError::NotARange { .. }));
    let (sentence, _) = nothing(compare(&Request::Range { spec: "pr..HEAD~1".into() }, &repo.environment()).unwrap());
    assert_eq!(sentence, "HEAD~1 has no commit that pr lacks");
    repo.git(&["switch", "-q", "--orphan", "unrelated"]);
    repo.commit(&[("x.yaml", "x\n")]);
    let error = repo.error(&Request::Range { spec: "main..unrelated".into() });
    assert_eq!(error.to_string(), "main and unrelated have no common ancestor");
}

/// A branch's name must not run when somebody pastes the help.
#[test]
fn names_in_commands_are_quoted() {
    let repo = diverged();
    repo.git(&["branch", "ma$(reboot)in"]);
    let help = repo.error(&all("ma$(reboot)i")).help();
    assert!(help.contains("did you mean 'ma$(reboot)in'"), "{help}");
}

#[test]
fn repositories_that_cannot_be_read_say_so() {
    let outside = tempfile::tempdir().unwrap();
    let environment = Environment {
        current_dir: outside.path().to_owned(),
        git_ceiling_directories: Some(outside.path().parent().unwrap().into()),
        ..Environment::default()
    };
    assert!(matches!(compare(&Request::Default, &environment), Err(GitError::NotARepository { .. })));

    let sha256 = Repo::with(&["--object-format=sha256"]);
    let error = sha256.error(&Request::Default);
    assert!(error.to_string().contains("uses SHA256 object ids"), "{error}");

    let reftable = diverged();
    reftable.git(&["config", "core.repositoryFormatVersion", "1"]);
    std::fs::write(
        reftable.path().join(".git/config"),
        "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n",
    )
    .unwrap();
    let error = reftable.error(&Request::Default);
    assert!(error.to_string().contains("reftable"), "{error}");
}

#[test]
fn bare_repositories_and_work_trees() {
    let repo = diverged();
    let dir = tempfile::tempdir().unwrap();
    git_in(dir.path(), &["clone", "-q", "--bare", repo.path().to_str().unwrap(), "bare.git"]);
    let environment = Environment { current_dir: dir.path().join("bare.git"), ..Environment::default() };
    let range = Request::Range { spec: "main..pr".into() };
    assert_eq!(summary(&comparison(compare(&range, &environment).unwrap())), ["M apps/a.yaml", "A apps/new.yaml"]);
    assert!(matches!(compare(&Request::Worktree, &environment), Err(GitError::BareRepository { .. })));

    repo.git(&["worktree", "add", "-q", dir.path().join("linked").to_str().unwrap(), "pr"]);
    let linked = dir.path().join("linked");
    std::fs::write(linked.join("apps/a.yaml"), "a: linked\n").unwrap();
    let in_linked = Environment { current_dir: linked.clone(), ..Environment::default() };
    // As git sets it for a hook there.
    let in_hook = Environment { git_dir: Some(repo.path().join(".git/worktrees/linked").into()), ..in_linked.clone() };
    for environment in [in_linked, in_hook] {
        assert_eq!(summary(&comparison(compare(&Request::Worktree, &environment).unwrap())), ["M apps/a.yaml"]);
        let default = comparison(compare(&Request::Default, &environment).unwrap());
        assert_eq!(summary(&default), ["M apps/a.yaml", "A apps/new.yaml"]);
        let common = default.repository.unwrap().common_dir().canonicalize().unwrap();
        assert_eq!(common, repo.path().join(".git").canonicalize().unwrap());
    }

    let by_variable = Environment {
        current_dir: dir.path().to_owned(),
        git_dir: Some(repo.path().join(".git").into()),
        git_work_tree: Some(linked.into()),
        ..Environment::default()
    };
    let comparison = comparison(compare(&Request::Worktree, &by_variable).unwrap());
    assert_eq!(text(&comparison.head, "apps/a.yaml"), "a: linked\n");
}

#[test]
fn merge_commits() {
    let repo = diverged();
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "pr"]);
    let comparison = repo.compare(&Request::Merge { rev: "HEAD".into() });
    assert_eq!(summary(&comparison), ["M apps/a.yaml", "A apps/new.yaml"]);
    assert_eq!(comparison.compared.trust, Some(repo.id("HEAD^1")));
    assert!(matches!(repo.error(&Request::Merge { rev: "pr".into() }), GitError::NotAMerge { parents: 1, .. }));
}

fn pull_request(base: &str, head: &str) -> serde_json::Value {
    serde_json::json!({
        "action": "synchronize", "number": 7,
        "pull_request": { "number": 7, "base": { "sha": base }, "head": { "sha": head }, "merge_commit_sha": null },
    })
}

#[test]
fn a_pull_request_in_ci() {
    let repo = diverged();
    let (base, head) = (repo.id("main"), repo.id("pr"));
    let payload = pull_request(&base, &head);
    let expected = ["M apps/a.yaml", "A apps/new.yaml"];

    repo.git(&["checkout", "-q", "--detach", "pr"]);
    let of_head = comparison(compare(&Request::Default, &repo.event("pull_request", &payload, None)).unwrap());
    assert_eq!(summary(&of_head), expected);
    assert_eq!(of_head.compared.base, Some(repo.id("main~1")));
    assert_eq!(of_head.compared.trust, Some(base.clone()));

    repo.git(&["checkout", "-q", "--detach", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge ref", "pr"]);
    let merge = repo.id("HEAD");
    let of_merge = comparison(compare(&Request::Default, &repo.event("pull_request", &payload, Some(&merge))).unwrap());
    assert_eq!(summary(&of_merge), expected);
    assert_eq!(of_merge.compared.base, Some(base.clone()));
    assert_eq!(of_merge.compared.head, Some(merge));

    repo.git(&["checkout", "-q", "--detach", "main"]);
    let environment = repo.event("pull_request", &payload, None);
    let error = compare(&Request::Default, &environment).unwrap_err();
    assert_eq!(error.to_string(), format!("HEAD is {base}, but the event is about {head}"));
    assert_eq!(error.help(), format!("git fetch origin {head} && git checkout --detach {head}"));
    let error = compare(&Request::Default, &repo.event("pull_request_target", &payload, None)).unwrap_err();
    assert!(error.help().contains("must not check the head out"), "{}", error.help());
    // Asked for explicitly, the event does not count.
    let explicit = compare(&Request::Range { spec: "main..pr".into() }, &environment).unwrap();
    assert_eq!(summary(&comparison(explicit)), expected);
}

/// The author pushes a merge of an own branch and the former head: its first parent must not become the trust commit.
#[test]
fn a_merge_of_the_authors_is_no_merge_ref() {
    let repo = diverged();
    let payload = pull_request(&repo.id("main"), &repo.id("pr"));
    let sha = repo.id("main");
    repo.git(&["switch", "-q", "-c", "evil", "main"]);
    repo.commit(&[("portcullis.yaml", "mode: report\n")]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "looks like a merge ref", "pr"]);
    let environment = repo.event("pull_request", &payload, Some(&sha));
    assert!(matches!(compare(&Request::Default, &environment), Err(GitError::HeadIsNotTheEvents { .. })));
}

#[test]
fn other_events_in_ci() {
    let repo = diverged();
    let (before, after) = (repo.id("main~1"), repo.id("main"));
    let zero = "0".repeat(40);
    let push = |before: &str, after: &str| serde_json::json!({"ref": "refs/heads/x", "before": before, "after": after});
    let run = |name: &str, payload: &serde_json::Value| compare(&Request::Default, &repo.event(name, payload, None));

    let pushed = comparison(run("push", &push(&before, &after)).unwrap());
    assert_eq!(summary(&pushed), ["M other/c.yaml"]);
    assert_eq!(pushed.compared.trust, Some(before.clone()));
    let (sentence, _) = nothing(run("push", &push(&before, &zero)).unwrap());
    assert_eq!(sentence, "the push deletes refs/heads/x");
    let lost = "1".repeat(40);
    let error = run("push", &push(&lost, &after)).unwrap_err();
    assert!(error.help().starts_with(&format!("git fetch --depth=1 origin {lost}")), "{}", error.help());

    repo.git(&["switch", "-q", "pr"]);
    let new_branch = comparison(run("push", &push(&zero, &repo.id("pr"))).unwrap());
    assert_eq!(summary(&new_branch), ["M apps/a.yaml", "A apps/new.yaml"]);
    assert_eq!(new_branch.compared.trust, Some(after.clone()));
    // A forced push takes commits back.
    let forced = comparison(run("push", &push(&after, &repo.id("pr"))).unwrap());
    assert_eq!(summary(&forced), ["M apps/a.yaml", "A apps/new.yaml", "M other/c.yaml"]);

    let group = serde_json::json!({"merge_group": {"base_sha": before, "head_sha": repo.id("pr")}});
    let group = comparison(run("merge_group", &group).unwrap());
    assert_eq!(summary(&group), ["M apps/a.yaml", "A apps/new.yaml"]);
    assert_eq!(group.compared.trust, Some(before));

    let scheduled = comparison(run("schedule", &serde_json::json!({"schedule": "0 0 * * *"})).unwrap());
    assert_eq!(scheduled.compared.description, "all of HEAD");

    for (payload, problem) in [
        (serde_json::json!({}), "it has no `pull_request`"),
        (pull_request("--upload-pack=x", &after), "`--upload-pack=x` is not a full commit id"),
    ] {
        let error = run("pull_request", &payload).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

/// A clone as actions/checkout makes it: one commit by its id.
fn shallow(up: &Repo, id: &str) -> Repo {
    let clone = Repo::new();
    clone.git(&["remote", "add", "origin", &format!("file://{}", up.path().display())]);
    clone.git(&["fetch", "-q", "--depth=1", "origin", id]);
    clone.git(&["checkout", "-q", "--detach", id]);
    clone
}

#[test]
fn shallow_clones_say_what_to_fetch() {
    let up = diverged();
    let (base, head) = (up.id("main"), up.id("pr"));
    let payload = pull_request(&base, &head);
    up.git(&["checkout", "-q", "--detach", "main"]);
    up.git(&["merge", "-q", "--no-ff", "-m", "merge ref", "pr"]);
    let merge = up.id("HEAD");
    let expected = ["M apps/a.yaml", "A apps/new.yaml"];

    let of_merge = shallow(&up, &merge);
    let environment = of_merge.event("pull_request", &payload, Some(&merge));
    let error = compare(&Request::Default, &environment).unwrap_err();
    assert!(matches!(error, GitError::ShallowMerge { .. }), "{error}");
    mend(of_merge.path(), &error.help());
    assert_eq!(summary(&comparison(compare(&Request::Default, &environment).unwrap())), expected);

    let of_head = shallow(&up, &head);
    let environment = of_head.event("pull_request", &payload, None);
    let error = compare(&Request::Default, &environment).unwrap_err();
    assert!(matches!(error, GitError::MissingCommit { .. }), "{error}");
    let with_base = shallow(&up, &head);
    with_base.git(&["fetch", "-q", "--depth=1", "origin", &base]);
    let request = Request::Range { spec: format!("{base}..{head}") };
    let second = with_base.error(&request);
    assert!(matches!(second, GitError::ShallowHistory { .. }), "{second}");
    mend(with_base.path(), &second.help());
    assert_eq!(summary(&with_base.compare(&request)), expected);
    mend(of_head.path(), &error.help());
    assert_eq!(summary(&comparison(compare(&Request::Default, &environment).unwrap())), expected);

    // A push or a merge group needs the base's tree only, no history.
    let pushed = shallow(&up, &base);
    let payload = serde_json::json!({"ref": "refs/heads/main", "before": up.id("main~1"), "after": base});
    let environment = pushed.event("push", &payload, None);
    let error = compare(&Request::Default, &environment).unwrap_err();
    mend(pushed.path(), &error.help());
    assert_eq!(summary(&comparison(compare(&Request::Default, &environment).unwrap())), ["M other/c.yaml"]);

    assert!(matches!(pushed.error(&all("HEAD~5")), GitError::NoSuchRevision { shallow: true, .. }));
}

#[test]
fn partial_clones_say_what_to_fetch() {
    let up = diverged();
    up.git(&["config", "uploadpack.allowFilter", "true"]);
    up.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let url = format!("file://{}", up.path().display());
    for filter in ["blob:none", "tree:0"] {
        let dir = tempfile::tempdir().unwrap();
        git_in(dir.path(), &["clone", "-q", "--no-checkout", &format!("--filter={filter}"), &url, "."]);
        let environment = Environment { current_dir: dir.path().to_owned(), ..Environment::default() };
        let run = || {
            let range = Request::Range { spec: "origin/main..origin/pr".into() };
            let comparison = comparison(compare(&range, &environment)?);
            let changes = diff(&comparison.base, &comparison.head)?;
            changes.iter().filter_map(|c| c.new.as_ref()).map(|new| comparison.head.read(new)).collect()
        };
        let error: GitError = Result::<Vec<Content>, _>::unwrap_err(run());
        let what = if filter == "tree:0" { "the list of files of" } else { "the content of apps/a.yaml" };
        assert!(error.to_string().starts_with(what), "{error}");
        mend(dir.path(), &error.help());
        let next = run().map_err(|error| error.to_string());
        assert_ne!(next, Err(error.to_string()), "the command fetches it");
        git_in(dir.path(), &["fetch", "-q", "--refetch", "--no-filter", "origin"]);
        assert_eq!(run().unwrap().len(), 2);
    }

    let damaged = diverged();
    let id = damaged.id("pr:apps/new.yaml");
    std::fs::remove_file(damaged.path().join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    let head = damaged.compare(&all("pr")).head;
    let error = head.read(&head.entry("apps/new.yaml").unwrap().unwrap()).unwrap_err();
    assert!(error.help().contains("git fsck"), "{}", error.help());
}

#[test]
fn paths_without_git() {
    let dir = tempfile::tempdir().unwrap();
    let file = |path: &str, content: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    file("apps/a.yaml", "a");
    file("apps/deep/b.yaml", "b");
    file("other/c.yaml", "c");
    file("apps/.git/HEAD", "not content");
    std::os::unix::fs::symlink("..", dir.path().join("apps/loop")).unwrap();
    assert!(Command::new("mkfifo").arg(dir.path().join("apps/pipe.yaml")).status().unwrap().success());
    let run = |here: &str, paths: &[&str]| {
        let environment = Environment { current_dir: dir.path().join(here), ..Environment::default() };
        compare(&Request::Paths { paths: paths.iter().map(PathBuf::from).collect() }, &environment).map(comparison)
    };
    let one = run("", &["apps"]).unwrap();
    assert_eq!(summary(&one), ["A a.yaml", "A deep/b.yaml", "A loop", "A pipe.yaml"]);
    assert_eq!(reason(&one.head, "loop").0, Reason::Symlink);
    assert_eq!(reason(&one.head, "pipe.yaml").0, Reason::Unreadable);
    assert_eq!(one.head.entry("loop/other").unwrap(), None, "links are not followed");
    assert_eq!(one.head.folder_id("deep").unwrap(), None);
    assert_eq!(summary(&run("", &["other/c.yaml", "apps/deep"]).unwrap()), ["A apps/deep/b.yaml", "A other/c.yaml"]);
    let outside = run("other", &["c.yaml", "../apps/deep/b.yaml"]).unwrap();
    assert_eq!(summary(&outside), ["A apps/deep/b.yaml", "A other/c.yaml"]);
    assert_eq!(text(&outside.head, "apps/deep/b.yaml"), "b");
    assert!(matches!(run("", &["nowhere.yaml"]), Err(GitError::NoSuchPath { .. })));

    let stdin = Request::Stdin { bytes: b"kind: X\n".to_vec() };
    let stdin = comparison(compare(&stdin, &Environment::default()).unwrap());
    assert_eq!(summary(&stdin), ["A stdin.yaml"]);
    assert_eq!(text(&stdin.head, "stdin.yaml"), "kind: X\n");
    assert!(stdin.trust.is_none());
}

#[test]
fn unreadable_files_are_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gone.yaml");
    std::fs::write(&path, "x").unwrap();
    let tree = Tree::folder(dir.path());
    let entry = tree.entry("gone.yaml").unwrap().unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(tree.read(&entry).unwrap(), Content::NotJudged(Reason::Unreadable, _)));
}

#[test]
fn two_folders() {
    let dir = tempfile::tempdir().unwrap();
    let file = |path: &str, content: &[u8]| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let large = vec![b'x'; 200_000];
    let mut changed = large.clone();
    changed[150_000] = b'y';
    for side in ["base", "head"] {
        file(&format!("{side}/same.yaml"), &large);
        file(&format!("{side}/folder/same.yaml"), b"s");
    }
    file("base/large.yaml", &large);
    file("head/large.yaml", &changed);
    file("base/old/m.yaml", b"moved");
    file("head/new/m.yaml", b"moved");
    file("base/gone.yaml", b"g");
    let environment = Environment { current_dir: dir.path().to_owned(), ..Environment::default() };
    let request = Request::Folders { base: "base".into(), head: "head".into() };
    let comparison = comparison(compare(&request, &environment).unwrap());
    assert_eq!(summary(&comparison), ["D gone.yaml", "M large.yaml", "R old/m.yaml new/m.yaml"]);
    assert_eq!(text(comparison.trust.as_ref().unwrap(), "gone.yaml"), "g");
    let missing = Request::Folders { base: "nowhere".into(), head: "head".into() };
    assert!(matches!(compare(&missing, &environment), Err(GitError::NoSuchPath { .. })));
}

/// A tree with an entry that could pass for another path, and one that holds itself ten times on each of ten levels.
#[test]
fn hostile_trees() {
    let repo = diverged();
    let tree_of = |entries: &[u8]| {
        std::fs::write(repo.path().join("tree"), entries).unwrap();
        repo.git(&["hash-object", "-w", "-t", "tree", "--literally", "tree"])
    };
    let raw_id =
        |id: &str| -> Vec<u8> { (0..20).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap()).collect() };
    let commit_of = |tree: &str| repo.git(&["commit-tree", "-p", "main", "-m", "hostile", tree]);
    let blob = raw_id(&repo.id("main:apps/a.yaml"));
    for name in ["..", "apps/a.yaml"] {
        let commit = commit_of(&tree_of(&[b"100644 ", name.as_bytes(), b"\0", &blob].concat()));
        let error = repo.error(&Request::Range { spec: format!("main..{commit}") });
        assert!(matches!(error, GitError::BadName { .. }), "{error}");
    }
    let mut id = repo.id("main:apps");
    for _ in 0..10 {
        let entries: Vec<u8> =
            (0..10).flat_map(|n| [format!("40000 d{n}\0").as_bytes(), &raw_id(&id)].concat()).collect();
        id = tree_of(&entries);
    }
    let comparison = repo.range(&format!("main..{}", commit_of(&id)));
    assert!(matches!(diff(&comparison.base, &comparison.head), Err(GitError::TooManyFiles { .. })));
    for _ in 0..3000 {
        // Written by hand: a process for each level would take too long.
        id = write_tree(&repo, &[b"40000 d\0", raw_id(&id).as_slice()].concat());
    }
    let comparison = repo.range(&format!("main..{}", commit_of(&id)));
    assert!(matches!(diff(&comparison.base, &comparison.head), Err(GitError::PathTooLong { .. })));
}

fn write_tree(repo: &Repo, entries: &[u8]) -> String {
    let handle = git2::Repository::open(repo.path()).unwrap();
    handle.odb().unwrap().write(git2::ObjectType::Tree, entries).unwrap().to_string()
}

#[test]
fn hunks_are_gits() {
    let old: String = (1..=30).map(|n| format!("line {n}\n")).collect();
    let new = old.replace("line 5\n", "line five\n").replace("line 25\n", "");
    let expected = [
        Hunk { old_start: 2, old_lines: 7, new_start: 2, new_lines: 7 },
        Hunk { old_start: 22, old_lines: 7, new_start: 22, new_lines: 6 },
    ];
    assert_eq!(hunks(old.as_bytes(), new.as_bytes()).unwrap(), expected);
    assert_eq!(hunks(b"", b"a\n").unwrap(), [Hunk { old_start: 0, old_lines: 0, new_start: 1, new_lines: 1 }]);
    assert_eq!(hunks(b"a\n", b"a\n").unwrap(), []);
}

#[test]
fn the_environment_comes_from_a_look_up() {
    let environment = Environment::new("/here".into(), |name| match name {
        "GIT_INDEX_FILE" => Some(OsString::from_vec(b"/\xFFindex".to_vec())),
        "GIT_DIR" => Some(OsString::new()),
        "GITHUB_SHA" => Some("abc".into()),
        _ => None,
    });
    assert_eq!(environment.git_index_file.unwrap().as_bytes(), b"/\xFFindex");
    assert_eq!(environment.git_dir, None);
    assert_eq!(environment.github_sha.as_deref(), Some("abc"));
}
