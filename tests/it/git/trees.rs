//! What a tree holds, and what differs between two.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use portcullis::finding::Reason;
use portcullis::git::{Content, EntryKind, FileChange, GitError, Hunk, Request, diff, hunks};

use super::{Repo, all, changes, diverged, reason, summary, text};

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
    for name in &names {
        repo.write(name, name);
    }
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
    let old: String = (1..=30).flat_map(|n| ["line ".into(), n.to_string(), "\n".into()]).collect();
    let new = old.replace("line 5\n", "line five\n").replace("line 25\n", "");
    let expected = [
        Hunk { old_start: 2, old_lines: 7, new_start: 2, new_lines: 7, changed: 1 },
        Hunk { old_start: 22, old_lines: 7, new_start: 22, new_lines: 6, changed: 1 },
    ];
    assert_eq!(hunks(old.as_bytes(), new.as_bytes()).unwrap(), expected);
    assert_eq!(
        hunks(b"", b"a\n").unwrap(),
        [Hunk { old_start: 0, old_lines: 0, new_start: 1, new_lines: 1, changed: 1 }]
    );
    assert_eq!(hunks(b"a\n", b"a\n").unwrap(), []);
}
