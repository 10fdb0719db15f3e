//! Repositories of every shape.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use portcullis::git::{Content, Environment, GitError, Repository, Request, compare, diff};

use super::{Repo, all, comparison, diverged, git_in, mend, summary, text};

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
        let common = Repository::open(&environment).unwrap().common_dir().canonicalize().unwrap();
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
