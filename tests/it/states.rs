//! Repositories in states that a check has to say something about.

use crate::hostile::{WITNESS, judge};
use crate::support::{NOW, Repo, commit, portcullis, tree};

/// A repository as it should not be, and what is said about it.
#[track_caller]
fn state(repo: &Repo, args: &[&str], exit: i32, says: &str) {
    let run = repo.portcullis(&[&["check", "--now", NOW, "--no-cache"], args].concat());
    assert_eq!(judge(&run, &[exit], says), None);
}

#[test]
fn repository_without_commits() {
    let repo = Repo::empty();
    state(&repo, &[], 2, "no commit|unborn");
    state(&repo, &["main..pr"], 2, "main");
    state(&repo, &["--staged"], 0, "nothing to check");
    state(&repo, &["--all"], 2, "no commit|unborn");
}

#[test]
fn head_that_is_unborn_beside_commits() {
    let repo = Repo::new(&tree(&[WITNESS]), &tree(&[WITNESS]), None);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/nobody"]);
    state(&repo, &[], 2, "nobody|no commit|unborn");
    state(&repo, &["main..pr"], 0, "nothing to check");
}

#[test]
fn no_such_revision() {
    let repo = Repo::new(&tree(&[WITNESS]), &tree(&[WITNESS]), None);
    state(&repo, &["main..nobody"], 2, "nobody");
    state(&repo, &["main..0123456789012345678901234567890123456789"], 2, "0123456789012345678901234567890123456789");
    state(&repo, &["main..--upload-pack=touch"], 2, "upload-pack");
    state(&repo, &["main.."], 0, "nothing to check");
    state(&repo, &["main..main:zz"], 2, "main:zz");
}

#[test]
fn revisions_that_are_the_same_commit() {
    let repo = Repo::new(&tree(&[WITNESS]), &tree(&[WITNESS]), None);
    state(&repo, &["main..main"], 0, "nothing to check");
}

#[test]
fn unrelated_histories() {
    let repo = Repo::empty();
    let streams = [commit("main", 1, None, &tree(&[])), commit("pr", 2, None, &tree(&[WITNESS]))];
    repo.import(&streams.concat());
    state(&repo, &["main...pr"], 2, "merge base|unrelated|common");
}

#[test]
fn folder_that_is_no_repository() {
    let root = tempfile::tempdir().unwrap();
    for folder in ["home", "work"] {
        std::fs::create_dir(root.path().join(folder)).unwrap();
    }
    let run = portcullis(&root.path().join("work"), root.path(), &["check"]);
    assert_eq!(judge(&run, &[2], "not a git repository|no git repository|repository"), None);
}

#[test]
fn shallow_clone() {
    let repo = Repo::new(&tree(&[]), &tree(&[WITNESS]), None);
    let clone = Repo { root: tempfile::tempdir().unwrap() };
    std::fs::create_dir(clone.root.path().join("home")).unwrap();
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "-q", "--depth", "1", "--branch", "pr", &url, clone.path().to_str().unwrap()]);
    state(&clone, &["origin/main...HEAD"], 2, "fetch");
    clone.git(&["fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    state(&clone, &["origin/main...HEAD"], 2, "fetch");
}

#[test]
fn bare_repository() {
    let repo = Repo::new(&tree(&[]), &tree(&[WITNESS]), None);
    repo.git(&["config", "core.bare", "true"]);
    state(&repo, &["main..pr"], 0, "witness");
}

#[test]
fn blob_that_is_missing() {
    let repo = Repo::new(&tree(&[]), &tree(&[WITNESS]), None);
    let id = repo.git(&["rev-parse", &format!("pr:{}", WITNESS.0)]);
    let (folder, file) = id.trim().split_at(2);
    std::fs::remove_file(repo.path().join(".git/objects").join(folder).join(file)).unwrap();
    state(&repo, &["main..pr"], 2, "fetch|missing|not found");
}
