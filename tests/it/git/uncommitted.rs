//! The index and the work tree.

use std::process::Command;

use portcullis::finding::Reason;
use portcullis::git::{Environment, GitError, Request, compare};

use super::{Repo, all, comparison, diverged, mend, nothing, reason, summary, text};

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

/// `git commit -a` and `git commit PATH` prepare another index and tell the hook of it by `GIT_INDEX_FILE`.
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
