//! Files and folders without git.

use std::path::PathBuf;
use std::process::Command;

use portcullis::finding::Reason;
use portcullis::git::{Content, Environment, GitError, Request, Tree, compare};

use super::{comparison, reason, summary, text};

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
