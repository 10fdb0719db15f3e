//! Revisions: ranges, the default branch, merges.

use portcullis::git::{Environment, GitError, Request, compare};

use super::{all, comparison, diverged, git_in, nothing, summary, text};

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
fn merge_commits() {
    let repo = diverged();
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "pr"]);
    let comparison = repo.compare(&Request::Merge { rev: "HEAD".into() });
    assert_eq!(summary(&comparison), ["M apps/a.yaml", "A apps/new.yaml"]);
    assert_eq!(comparison.compared.trust, Some(repo.id("HEAD^1")));
    assert!(matches!(repo.error(&Request::Merge { rev: "pr".into() }), GitError::NotAMerge { parents: 1, .. }));
}
