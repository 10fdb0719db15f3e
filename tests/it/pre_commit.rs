//! `.pre-commit-hooks.yaml` with the real `pre-commit` program, on a real repository.

use std::path::Path;
use std::process::Command;

use crate::support::Repo;

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-env\n  namespace: shop\ndata: {}\n";

/// Another good manifest.
fn other() -> String {
    GOOD.replace("web-env", "db-env")
}

/// A manifest with a repeated key.
fn bad(text: &str) -> String {
    format!("{text}data: {{}}\n")
}

/// A repository with two good manifests, whose hook is portcullis as pre-commit runs it. None without pre-commit.
fn hooked() -> Option<Repo> {
    if let Err(error) = Command::new("pre-commit").arg("--version").output() {
        eprintln!("skipped: pre-commit does not run: {error}");
        return None;
    }
    let repo = Repo::empty();
    // The published hooks, from a repository of their own: pre-commit clones what it runs.
    let hooks = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    repo.git(&["init", "-q", "-b", "main", "../hooks"]);
    std::fs::write(repo.root.path().join("hooks/.pre-commit-hooks.yaml"), hooks).unwrap();
    identify(&repo, "../hooks");
    repo.git(&["-C", "../hooks", "add", "-A"]);
    repo.git(&["-C", "../hooks", "commit", "-q", "-m", "hooks"]);
    let rev = repo.git(&["-C", "../hooks", "rev-parse", "HEAD"]);
    identify(&repo, ".");
    repo.write(
        ".pre-commit-config.yaml",
        &format!("repos:\n  - repo: ../hooks\n    rev: {}\n    hooks: [{{ id: portcullis-system }}]\n", rev.trim()),
    );
    repo.write("apps/env.yaml", GOOD);
    repo.write("apps/db.yaml", &other());
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "start"]);
    let (code, text) = run(&repo, "pre-commit", &["install"]);
    assert_eq!(code, Some(0), "{text}");
    Some(repo)
}

fn identify(repo: &Repo, folder: &str) {
    for (key, value) in [("user.name", "Test"), ("user.email", "test@example.invalid")] {
        repo.git(&["-C", folder, "config", key, value]);
    }
}

/// A program with portcullis on the PATH.
fn run(repo: &Repo, program: &str, args: &[&str]) -> (Option<i32>, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(binary).chain(std::env::split_paths(&path))).unwrap();
    let output = repo.command(program, args).env("PATH", path).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), text)
}

fn commits(repo: &Repo) -> usize {
    repo.git(&["rev-list", "HEAD"]).lines().count()
}

#[track_caller]
fn refused(repo: &Repo, args: &[&str], place: &str) {
    let before = commits(repo);
    let (code, text) = run(repo, "git", args);
    assert!(code == Some(1) && text.contains(place) && text.contains("yaml/duplicate-key"), "{code:?}:\n{text}");
    assert_eq!(commits(repo), before);
}

#[track_caller]
fn accepted(repo: &Repo, args: &[&str]) {
    let before = commits(repo);
    let (code, text) = run(repo, "git", args);
    assert!(code == Some(0) && text.contains("Passed"), "{code:?}:\n{text}");
    assert_eq!(commits(repo), before + 1);
}

#[test]
fn what_is_staged_is_judged() {
    let Some(repo) = hooked() else { return };
    repo.write("apps/env.yaml", &bad(GOOD));
    repo.git(&["add", "-A"]);
    refused(&repo, &["commit", "-m", "bad"], "apps/env.yaml:7");
    repo.write("apps/env.yaml", &GOOD.replace("{}", "{ A: b }"));
    repo.git(&["add", "-A"]);
    // What is on disk and not staged is no part of the commit, whether git knows the file or not.
    repo.write("apps/db.yaml", &bad(&other()));
    repo.write("apps/new.yaml", &bad(GOOD));
    accepted(&repo, &["commit", "-m", "good"]);
    assert_eq!(std::fs::read_to_string(repo.path().join("apps/db.yaml")).unwrap(), bad(&other()));
}

#[test]
fn commit_all_judges_what_it_adds() {
    let Some(repo) = hooked() else { return };
    repo.write("apps/env.yaml", &bad(GOOD));
    refused(&repo, &["commit", "-a", "-m", "bad"], "apps/env.yaml:7");
    repo.write("apps/env.yaml", &GOOD.replace("{}", "{ A: b }"));
    accepted(&repo, &["commit", "-a", "-m", "good"]);
}

#[test]
fn commit_of_a_path_judges_that_path_only() {
    let Some(repo) = hooked() else { return };
    repo.write("apps/env.yaml", &bad(GOOD));
    repo.git(&["add", "-A"]);
    repo.write("apps/db.yaml", &other().replace("{}", "{ A: b }"));
    accepted(&repo, &["commit", "-m", "good", "apps/db.yaml"]);
    refused(&repo, &["commit", "-m", "bad", "apps/env.yaml"], "apps/env.yaml:7");
}

#[test]
fn a_commit_that_only_deletes_is_judged() {
    let Some(repo) = hooked() else { return };
    repo.git(&["rm", "-q", "apps/db.yaml"]);
    accepted(&repo, &["commit", "-m", "away"]);
}
