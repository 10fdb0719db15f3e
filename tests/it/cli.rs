//! The command line: what is compared, exit codes, and that a format changes neither.

use crate::support::{FORMATS, NOW, Repo, Run, Tree, tree};

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-env\n  namespace: shop\ndata: {}\n";
const BAD: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-env\n  namespace: shop\ndata: {}\ndata: {}\n";
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";

fn one(text: &str) -> Tree {
    tree(&[("apps/env.yaml", text)])
}

/// The repository of a change from `base` to `head`, the head checked out.
fn checked_out(base: &str, head: &str) -> Repo {
    let repo = Repo::new(&one(base), &one(head), None);
    repo.git(&["reset", "-q", "--hard"]);
    repo
}

fn run(repo: &Repo, args: &[&str]) -> Run {
    let run = repo.portcullis(&[&["check", "--now", NOW, "--no-cache"], args].concat());
    assert_eq!(run.defect(), None);
    run
}

#[track_caller]
fn says(run: &Run, code: i32, word: &str) {
    assert!(
        run.code == Some(code) && run.text().contains(word),
        "{:?}, not {code} and {word:?}:\n{}",
        run.code,
        run.text()
    );
}

#[test]
fn every_format_has_the_same_exit_code() {
    for (head, code) in [(GOOD, 0), (BAD, 1), (POINTER, 2)] {
        let repo = Repo::new(&Tree::new(), &one(head), None);
        for format in FORMATS {
            let run = repo.check(&["-o", format]);
            assert_eq!(run.code, Some(code), "{format}: {}", run.text());
        }
    }
}

#[test]
fn two_dots_three_dots_and_options_are_one_comparison() {
    let repo = checked_out(GOOD, BAD);
    for args in [&["main..pr"][..], &["main...pr"], &["--base", "main", "--head", "pr"], &[]] {
        says(&run(&repo, args), 1, "yaml/duplicate-key");
    }
}

#[test]
fn staged_and_worktree() {
    let repo = checked_out(GOOD, GOOD);
    repo.write("apps/env.yaml", BAD);
    says(&run(&repo, &["--staged"]), 0, "othing to check");
    says(&run(&repo, &["--worktree"]), 1, "yaml/duplicate-key");
    // What it sees and does not look at, it offers.
    says(&run(&repo, &["main..pr"]), 0, "--worktree");
    repo.git(&["add", "-A"]);
    says(&run(&repo, &["--staged"]), 1, "yaml/duplicate-key");
}

/// As in a partial clone: what the change itself says is judged, and what was not looked for is told.
#[test]
fn a_file_elsewhere_that_the_clone_lacks() {
    let files =
        [("apps/old.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: old}\n"), ("big/data.yaml", GOOD)];
    let new = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\ndata: {a: [b]}\n";
    let repo = Repo::new(&tree(&files), &tree(&[&files[..], &[("apps/new.yaml", new)]].concat()), None);
    let id = repo.git(&["rev-parse", "pr:big/data.yaml"]);
    let object = repo.path().join(".git/objects").join(&id[..2]).join(id[2..].trim());
    std::fs::remove_file(object).unwrap();
    let run = run(&repo, &["main..pr"]);
    says(&run, 1, "apps/new.yaml");
    says(&run, 1, "unchecked[inventory-incomplete] 1");
    says(&run, 1, "was not looked for");
}

#[test]
fn verbose_tells_what_the_cache_held() {
    let repo = checked_out(GOOD, BAD);
    let cache = |args: &[&str]| {
        let run = repo.portcullis(&[&["check", "--now", NOW, "main..pr"], args].concat());
        run.stderr.lines().find(|line| line.starts_with("inventory cache: ")).map(str::to_owned)
    };
    let first = cache(&["-v"]).unwrap();
    assert!(first.contains("portcullis/inventory") && first.contains("(0 records, "), "{first}");
    assert!(!first.contains(" 0 new)"), "{first}");
    let second = cache(&["-v"]).unwrap();
    assert!(!second.contains("(0 records, ") && second.contains(" 0 new)"), "{second}");
    assert_eq!(cache(&["-v", "--no-cache"]).unwrap(), "inventory cache: off");
    assert_eq!(cache(&[]), None);
}

/// A new finding must not hide behind so many old ones that nobody lists them all.
#[test]
fn a_new_finding_behind_a_thousand_old_ones_fails() {
    let header = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n";
    let old: String = (0..1_500).flat_map(|n| [format!("  k{n}: v\n"), format!("  k{n}: v\n")]).collect();
    let base = format!("{header}{old}");
    let head = format!("{base}  zz: v\n  zz: v\n");
    says(&run(&checked_out(&base, &head), &["main..pr"]), 1, "and more like this in the file");
}

#[test]
fn everything_of_a_revision() {
    let repo = checked_out(BAD, BAD);
    says(&run(&repo, &["--all"]), 1, "yaml/duplicate-key");
    says(&run(&repo, &["--all", "main"]), 1, "yaml/duplicate-key");
}

#[test]
fn plain_files_and_folders_need_no_git() {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [("old/env.yaml", GOOD), ("new/env.yaml", BAD)] {
        std::fs::create_dir(root.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(root.path().join(path), text).unwrap();
    }
    std::fs::create_dir(root.path().join("home")).unwrap();
    let folders = ["check", "--now", NOW, "--base-dir", "old", "--head-dir", "new"];
    for (args, code) in
        [(&folders[..], 1), (&["check", "new"], 1), (&["check", "new/env.yaml"], 1), (&["check", "old"], 0)]
    {
        let run = crate::support::portcullis(root.path(), root.path(), args);
        assert_eq!((run.defect(), run.code), (None, Some(code)), "{args:?}: {}", run.text());
    }
    // The config of a folder above is another folder's; that it does not count is told.
    assert!(!crate::support::portcullis(root.path(), root.path(), &["check", "old"]).text().contains("not used"));
    std::fs::write(root.path().join("portcullis.yaml"), "version: 1\n").unwrap();
    let run = crate::support::portcullis(root.path(), root.path(), &["check", "old"]);
    assert!(run.text().contains("portcullis.yaml is not used"), "{}", run.text());
}

#[test]
fn wrong_usage_is_exit_2() {
    let repo = checked_out(GOOD, BAD);
    for args in [&["-o", "xml"][..], &["--no-such-flag"], &["--staged", "--worktree"], &["--now", "yesterday"]] {
        says(&run(&repo, args), 2, "rror");
    }
}

#[test]
fn an_output_file_that_cannot_be_written_is_exit_2() {
    let repo = checked_out(GOOD, GOOD);
    says(&run(&repo, &["-o", "json=no/such/folder/report.json", "main..pr"]), 2, "no/such/folder/report.json");
}

#[test]
fn the_last_line_says_what_was_done() {
    let repo = checked_out(GOOD, BAD);
    let out = run(&repo, &["main..pr"]).stdout;
    let last = out.trim_end().lines().last().unwrap_or_default();
    assert!(last.starts_with("fail: 1 error; 0 of 1 object, ") && last.ends_with(" ms"), "{last:?}");
}

#[test]
fn a_rule_is_explained() {
    let repo = Repo::empty();
    says(&repo.portcullis(&["explain", "yaml/duplicate-key"]), 0, "yaml/duplicate-key");
    says(&repo.portcullis(&["explain", "--list"]), 0, "object/plain-secret");
    says(&repo.portcullis(&["explain"]), 0, "object/plain-secret");
    for near in ["yaml/duplicate-keys", "duplicate-key", "yaml/dupicate-key"] {
        says(&repo.portcullis(&["explain", near]), 2, "did you mean yaml/duplicate-key?");
    }
    says(&repo.portcullis(&["explain", "nonsense"]), 2, "explain --list");
}

#[test]
fn a_head_needs_a_base() {
    let repo = checked_out(GOOD, BAD);
    says(&run(&repo, &["--head", "pr"]), 2, "--base");
}

#[test]
fn shells_are_told_the_options() {
    let repo = Repo::empty();
    for shell in ["bash", "zsh", "fish"] {
        let run = repo.portcullis(&["completions", shell]);
        for word in ["staged", "explain", "portcullis"] {
            says(&run, 0, word);
        }
    }
    says(&repo.portcullis(&["completions", "csh"]), 2, "bash");
    let script = repo.portcullis(&["completions", "bash"]).stdout;
    repo.write("completions.bash", &script);
    let complete = "source completions.bash; COMP_WORDS=(portcullis check --sta); COMP_CWORD=2; \
                    _portcullis portcullis --sta check; echo \"${COMPREPLY[@]}\"";
    match std::process::Command::new("bash").args(["-c", complete]).current_dir(repo.path()).output() {
        Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "--staged"),
        Err(error) => eprintln!("skipped: bash does not run: {error}"),
    }
}

#[test]
fn the_manual_has_a_page_for_each_subcommand() {
    let repo = Repo::empty();
    for (args, title) in [(&["man"][..], "portcullis"), (&["man", "check"], "portcullis-check")] {
        let page = repo.portcullis(args);
        says(&page, 0, ".SH NAME");
        let heading = page.stdout.lines().find(|line| line.starts_with(".TH")).unwrap_or_default();
        assert!(heading.starts_with(&format!(".TH {title} 1")), "{heading}");
    }
    says(&repo.portcullis(&["man", "check"]), 0, "staged");
    says(&repo.portcullis(&["man", "chek"]), 2, "no such subcommand");
}

#[test]
fn the_demonstration_fails_with_its_mistakes() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("home")).unwrap();
    let checkout = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let args = ["check", "--base-dir", "fixtures/demo/base", "--head-dir", "fixtures/demo/head", "--now", NOW];
    let run = crate::support::portcullis(checkout, root.path(), &args);
    assert_eq!((run.defect(), run.code), (None, Some(1)));
    for (rule, place) in [
        ("schema/unknown-field", "apps/web/base/deployment.yaml:26"),
        ("yaml/duplicate-key", "apps/web/base/deployment.yaml:30"),
        ("yaml/syntax", "apps/web/base/service.yaml:25"),
        ("yaml/dialect-difference", "apps/web/base/config.yaml:10"),
        ("object/plain-secret", "clusters/prod/payment-secret.yaml:8"),
        ("object/server-owned-field", "clusters/staging/namespace.yaml:7"),
    ] {
        assert!(run.stdout.contains(rule) && run.stdout.contains(place), "{rule} at {place}:\n{}", run.stdout);
    }
}

/// Rules in code, rules of one kind only, and facts of the table: all are named, for the minor that is asked for.
#[test]
fn schema_show_names_the_values_that_a_field_may_have() {
    let repo = Repo::empty();
    let show = |what: &[&str]| repo.portcullis(&[&["schema", "show"], what].concat());
    for (what, values) in [
        ("Deployment.spec.strategy", "string, one of Recreate, RollingUpdate, default"),
        ("Deployment.spec.template.spec.restartPolicy", "string, one of Always, default"),
        ("Pod.spec.restartPolicy", "string, one of Always, OnFailure, Never, default"),
        ("NetworkPolicy.spec.policyTypes", "list of string, one of Ingress, Egress"),
        ("Service.spec.type", "one of ClusterIP, ExternalName, LoadBalancer, NodePort"),
        ("Pod.spec.containers.ports.protocol", "one of SCTP, TCP, UDP"),
    ] {
        says(&show(&[what]), 0, values);
    }
    let actions = "Pod.spec.containers.restartPolicyRules.action";
    says(&show(&[actions, "--minor", "1.37"]), 0, "one of Restart, RestartAllContainers");
    assert!(!show(&[actions, "--minor", "1.34"]).stdout.contains("RestartAllContainers"));
}
