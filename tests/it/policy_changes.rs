//! Whose policies are asked: those of the trust commit, of the caller, of the change, and on the past.

use crate::policies::{CONFIG, MEMORY_MIB, OBJECT, TIME};
use crate::support::{FORMATS, Repo, tree};

const TEAM: &str = "package policy.team\n\ndeny contains violation if {\n\tnot input.review.object.metadata.labels.team\n\t\
                    violation := {\"msg\": \"no team\", \"field\": \"metadata.labels.team\"}\n}\n";

fn config_map(name: &str, labels: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop, labels: {labels}}}\n")
}

/// The head's policies do not decide; what they would say is told, and when they cure what the old ones say.
#[test]
fn what_a_changed_policy_would_say_is_told() {
    let owner = TEAM.replace("team", "owner");
    let (old, new) = (config_map("old", "{team: a}"), config_map("new", "{owner: a}"));
    let base = tree(&[CONFIG, ("policies/p.rego", TEAM), ("apps/old.yaml", &old)]);
    let head = tree(&[CONFIG, ("policies/p.rego", &owner), ("apps/old.yaml", &old), ("apps/new.yaml", &new)]);
    let run = Repo::new(&base, &head, None).check(&[""; 0]);
    let flat = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(run.code, Some(1), "{flat}");
    assert!(flat.contains("error[policy/team] no team"), "{flat}");
    assert!(flat.contains("merge the policy first"), "{flat}");
    assert!(flat.contains("1 more and 1 fewer would be found in the whole head"), "{flat}");
    assert!(flat.contains("error policy/owner: 1 (apps/old.yaml:3)"), "{flat}");
}

/// A version of the policy that says something else of the object is no cure, and one that cannot be evaluated is told.
#[test]
fn what_a_changed_policy_says_instead_is_told() {
    let new = config_map("new", "{owner: a}");
    let with = |policy: &str| tree(&[CONFIG, ("policies/p.rego", policy), ("apps/new.yaml", &new)]);
    let base = tree(&[CONFIG, ("policies/p.rego", TEAM)]);
    let flat = |policy: &str| {
        let run = Repo::new(&base, &with(policy), None).check(&[""; 0]);
        assert_eq!(run.code, Some(1), "{}", run.text());
        run.text().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let other = flat(&TEAM.replace("no team", "nobody"));
    assert!(!other.contains("merge the policy first"), "{other}");
    assert!(other.contains("the change's own version of the policy says of this object: nobody"), "{other}");
    let broken = flat("package policy.team\n\ndeny := 3\n");
    assert!(broken.contains("1 object could not be judged by them"), "{broken}");
    assert!(broken.contains("data.policy.team.deny is no set"), "{broken}");
}

/// `--policies` brings policies of the caller's, trusted as they are, with the documents beside them.
#[test]
fn policies_of_the_caller_are_asked() {
    let repo = Repo::new(&tree(&[]), &tree(&[OBJECT]), None);
    repo.write(
        "../central/main.rego",
        "package main\n\ndeny contains \"listed\" if input.metadata.name in data.names\n",
    );
    repo.write("../central/data/names.yaml", "names: [a]\n");
    let run = repo.check(&["--policies", repo.path().join("../central").to_str().unwrap()]);
    assert_eq!(run.code, Some(1), "{}", run.text());

    let new = config_map("new", "{owner: a}");
    let repo = Repo::new(&tree(&[]), &tree(&[("apps/new.yaml", &new)]), None);
    repo.write("../central/p.rego", TEAM);
    let run = repo.check(&["--policies", repo.path().join("../central").to_str().unwrap()]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    assert!(run.text().contains("error[policy/team] no team"), "{}", run.text());

    // A mistake names the folder that it lies in.
    repo.write("../central/q.rego", "package policy.q\n\ndeny contains {\n");
    let run = repo.check(&["--policies", "../central/"]);
    assert!(run.text().contains("../central/q.rego: line 4, column 1: unexpected end of file"), "{}", run.text());
}

#[test]
fn a_policy_is_tried_on_the_past() {
    let (good, bad) = (config_map("good", "{team: a}"), config_map("bad", "{}"));
    let base = tree(&[("apps/good.yaml", &good)]);
    let head = tree(&[("apps/good.yaml", &good), ("apps/bad.yaml", &bad)]);
    let repo = Repo::new(&base, &head, None);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/pr"]);
    repo.write("../central/p.rego", TEAM);
    let central = repo.path().join("../central");
    let run = repo.portcullis(&["policy", "try", central.to_str().unwrap(), "--since", "main"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(run.text().contains("error[policy/team] apps/bad.yaml:3: no team"), "{}", run.text());
    assert!(run.text().contains("1 new finding in 1 of 1 change"), "{}", run.text());
    let run = repo.portcullis(&["policy", "try", "no/such", "--since", "main"]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.text().contains("portcullis: there is neither a bundled policy nor a folder `no/such`"),
        "{}",
        run.text()
    );
    // One that cannot be asked has not found nothing.
    repo.write("../broken/p.rego", "package policy.team\n\ndeny contains {\n");
    let broken = repo.path().join("../broken");
    let run = repo.portcullis(&["policy", "try", broken.to_str().unwrap(), "--since", "main"]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(run.text().contains("p.rego: line 4, column 1: unexpected end of file"), "{}", run.text());
    assert!(run.text().contains("0 new findings in 0 of 1 change; 1 change not judged"), "{}", run.text());
    // A revision that HEAD has nothing in common with is no place to begin at.
    let tree = repo.git(&["write-tree"]);
    let other = repo.git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", tree.trim(), "-m", "other"]);
    let run = repo.portcullis(&["policy", "try", central.to_str().unwrap(), "--since", other.trim()]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(run.text().contains("no common ancestor"), "{}", run.text());
}

const TEST: &str = "package policy.team_test\n\nimport data.policy.team\n\ntest_team if {\n\tcount(team.deny) == 0 with input \
                    as {\"review\": {\"object\": {\"metadata\": {\"labels\": {\"team\": \"a\"}}}}}\n}\n";

/// What the change's own policies have as tests is run apart, whatever is compared, also when those policies count at once.
#[test]
fn the_tests_of_a_changed_policy_must_hold() {
    let says = "error\\[gate/policy-invalid\\] the test `policy.team_test.test_team` fails: line 6";
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_told =
        |text: &str| regex::Regex::new(says).unwrap().is_match(text) && text.contains("policies/p_test.rego:5:1");
    let broken = TEAM.replace("labels.team", "labels.owner");
    let base = tree(&[CONFIG, ("policies/p.rego", TEAM), ("policies/p_test.rego", TEST)]);
    let head = tree(&[CONFIG, ("policies/p.rego", &broken), ("policies/p_test.rego", TEST)]);

    let repo = Repo::new(&base, &base, None);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/pr"]);
    repo.git(&["reset", "--quiet", "--hard"]);
    repo.write("policies/p.rego", &broken);
    let run = repo.portcullis(&["check", "--worktree"]);
    let text = flat(run.text());
    assert!(run.code == Some(1) && is_told(&text), "the work tree: {text}");

    let run = Repo::new(&tree(&[]), &head, None).check(&[""; 0]);
    let text = flat(run.text());
    assert!(run.code == Some(1) && is_told(&text), "the first policies: {text}");

    let endless = "package policy.team_test\n\ntest_team if {\n\tsome a in numbers.range(1, 30000)\n\tsome b in \
                   numbers.range(1, 30000)\n\ta * b == 0\n}\n";
    let head = tree(&[CONFIG, ("policies/p.rego", TEAM), ("policies/p_test.rego", endless)]);
    let run = Repo::new(&base, &head, None).check(&[""; 0]);
    let text = flat(run.text());
    assert!(run.code == Some(1) && text.contains("took longer than"), "an endless test: {text}");
    assert!(run.cpu < TIME && run.peak_mib < MEMORY_MIB, "{:?}, {} MiB", run.cpu, run.peak_mib);

    let head = tree(&[CONFIG, ("policies/p.rego", TEAM), ("policies/p_test.rego", TEST), OBJECT]);
    let run = Repo::new(&base, &head, None).check(&[""; 0]);
    assert!(!run.text().contains("gate/"), "what did not change is not tested: {}", run.text());
}

/// A policy may know who wrote the change: what git says, and the account of the event. Both are texts of the change's.
#[test]
fn the_author_of_a_change_is_told() {
    let policy = "package policy.p\n\nwarn contains sprintf(\"by %v\", [json.marshal(input.change.author)])\n";
    let rules = [CONFIG, ("policies/p.rego", policy)];
    let repo = Repo::new(&tree(&rules), &tree(&[&rules[..], &[OBJECT]].concat()), None);
    let flat = |run: &crate::support::Run| run.text().split_whitespace().collect::<Vec<_>>().join(" ");
    let (base, contents) = (repo.git(&["rev-parse", "main"]), repo.git(&["rev-parse", "pr^{tree}"]));
    let (base, contents) = (base.trim(), contents.trim());
    let by = |name: &str, parents: &[&str]| {
        let (name, email) = (format!("user.name={name}"), "user.email=eve@example.com".to_owned());
        let mut args = vec!["-c", &name, "-c", &email, "commit-tree", contents, "-m", "x"];
        args.extend(parents.iter().flat_map(|parent| ["-p", *parent]));
        repo.git(&args).trim().to_owned()
    };
    let check = |head: &str| repo.portcullis(&["check", "--no-cache", &format!("{base}..{head}")]);
    let other = |flags: &[&str]| repo.portcullis(&[&["check", "--no-cache"], flags].concat());
    let eve = by("Eve", &[base]);
    let told = r#"by {"email":"eve@example.com","login":null,"name":"Eve"}"#;
    assert!(flat(&check(&eve)).contains(told), "{}", check(&eve).text());
    // A merge is by the one whose commits it brings.
    let merge = by("Merger", &[base, &eve]);
    assert!(flat(&other(&["--merge", &merge])).contains(told), "{}", other(&["--merge", &merge]).text());

    repo.git(&["checkout", "-q", &eve]);
    let event = format!(
        r#"{{"number": 1, "pull_request": {{"base": {{"sha": "{base}"}}, "head": {{"sha": "{eve}"}}, "user": {{"login": "eve-2"}}}}}}"#
    );
    repo.write("../event.json", &event);
    let out = repo
        .command(env!("CARGO_BIN_EXE_portcullis"), &["check", "--no-cache"])
        .env("GITHUB_EVENT_PATH", repo.path().join("../event.json"))
        .env("GITHUB_EVENT_NAME", "pull_request")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(r#""login":"eve-2","name":"Eve""#), "{text}{}", String::from_utf8_lossy(&out.stderr));

    // What is no commit has no author.
    repo.write("apps/b.yaml", OBJECT.1);
    assert!(flat(&other(&["--worktree"])).contains("by null"), "{}", other(&["--worktree"]).text());

    let long = "x".repeat(100_000);
    for name in
        ["::error::x%0A::set-output name=a::b @org/team <!-- -->", "\u{1b}[31mred\u{7}\u{202e}", "`\"'$(id)\\", &long]
    {
        let head = by(name, &[base]);
        for format in FORMATS {
            let run = other(&[&format!("{base}..{head}"), "-o", format]);
            assert!(run.defect().is_none() && run.code == Some(0), "{name:.40}: {:?} {}", run.defect(), run.text());
            let text = run.text();
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{format}: {text}");
            assert!(!text.lines().any(|line| line.starts_with("::error::x")), "{format}: {text}");
            assert!(!text.contains(&long[..300]), "{format}: the name is not cut");
        }
    }
}
