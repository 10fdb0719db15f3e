//! `portcullis test`, and the tools of those who write policies.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Run, portcullis};

const POLICY: &str = "\
# METADATA
# title: a Pod with a host's network
package policy.host

deny contains {\"msg\": \"no host network\", \"field\": \"/spec/hostNetwork\"} if {
	input.review.object.kind == \"Pod\"
	input.review.object.spec.hostNetwork
}

never if {
	input.never
}
";

const TESTS: &str = "\
package policy.host_test

import data.policy.host

pod(network) := {\"review\": {\"object\": {\"kind\": \"Pod\", \"spec\": {\"hostNetwork\": network}}}}

test_denied if {
	count(host.deny) == 1 with input as pod(true)
}

test_wrong if {
	found := host.deny with input as pod(false)
	print(\"found\", found)
	count(found) == 7
}

todo_test_later if false
";

/// A folder with files, and what a run of the program in it does.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        fs::create_dir_all(folder.0.path().join("work")).unwrap();
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join("work").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, args: &[&str]) -> Run {
        let run = portcullis(&self.0.path().join("work"), self.0.path(), args);
        assert_eq!(run.defect(), None);
        run
    }
}

#[track_caller]
fn says(run: &Run, code: i32, words: &[&str]) {
    let text = run.text();
    let missing: Vec<_> = words.iter().filter(|word| !text.contains(**word)).collect();
    assert!(run.code == Some(code) && missing.is_empty(), "{:?}, not {code} and {missing:?}:\n{text}", run.code);
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", run.text()))
}

#[test]
fn the_policies_of_the_program_pass_their_tests_and_say_what_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().unwrap();
    let run = portcullis(root, home.path(), &["test", "policies"]);
    says(&run, 0, &["tests passed"]);
    let run = portcullis(root, home.path(), &["policy", "check", "policies"]);
    says(&run, 0, &["policies load, say what they are, and have tests"]);
}

#[test]
fn a_failing_test_shows_what_does_not_hold() {
    let folder = Folder::new(&[("p/policy.rego", POLICY), ("p/policy_test.rego", TESTS)]);
    let run = folder.run(&["test", "p"]);
    let words = [
        "FAIL data.policy.host_test.test_wrong",
        "line 14: count(found) == 7",
        "count(found) is 0",
        "policy_test.rego:13: found set()",
        "1 of 3 tests passed, 1 failed, 1 skipped",
    ];
    says(&run, 1, &words);
    assert!(!run.text().contains("test_denied"), "what passes is shown with -v only");
    says(&folder.run(&["test", "p", "-v"]), 1, &["pass data.policy.host_test.test_denied", "skip"]);
    says(&folder.run(&["test", "p", "--run", "denied$"]), 0, &["1 of 1 tests passed"]);
    says(&folder.run(&["test", "p", "--run", "nobody"]), 2, &["no test has a name that --run matches"]);
}

/// A case of a table that does not hold has no value, so that nothing of it is false.
#[test]
fn every_case_of_a_table_must_hold() {
    let table = |holds: &str| {
        format!(
            "package a_test\n\ntable := {{\"one\": {{\"x\": 1, \"y\": 1}}, \"two\": {{\"x\": 1, \"y\": 2}}}}\n\n\
             test_table[name] if {{\n\tsome name, case in table\n\tcase.{holds} == 1\n}}\n\n\
             test_list[case.y] if {{\n\tsome _, case in table\n\tcase.{holds} == 1\n}}\n"
        )
    };
    let folder = Folder::new(&[("p/a_test.rego", &table("y"))]);
    let words = ["FAIL data.a_test.test_table", "not true: \"two\"", "FAIL data.a_test.test_list", "not true: 2"];
    says(&folder.run(&["test", "p"]), 1, &words);
    folder.write("p/a_test.rego", &table("x"));
    says(&folder.run(&["test", "p"]), 0, &["2 of 2 tests passed"]);
}

#[test]
fn broken_files_and_no_tests_are_neither_passed_nor_failed() {
    says(&Folder::new(&[]).run(&["test", "nowhere"]), 2, &["nowhere"]);
    says(&Folder::new(&[("p/policy.rego", POLICY)]).run(&["test", "p"]), 2, &["no tests found"]);
    let broken =
        Folder::new(&[("p/policy.rego", POLICY), ("p/a_test.rego", "package a_test\n\ntest_x if {\n\tnosuch(1)\n}\n")]);
    says(&broken.run(&["test", "p"]), 2, &["a_test.rego:4:2: rego_type_error", "nosuch"]);
    let run = broken.run(&["test", "p", "-o", "json"]);
    assert_eq!(json(&run)["faults"][0]["line"], 4);
}

#[test]
fn every_format_tells_the_same() {
    let folder = Folder::new(&[("p/policy.rego", POLICY), ("p/policy_test.rego", TESTS)]);
    let report = json(&folder.run(&["test", "p", "-o", "json"]));
    assert_eq!((&report["passed"], &report["failed"], &report["skipped"]), (&1.into(), &1.into(), &1.into()));
    let failed = report["tests"].as_array().unwrap().iter().find(|test| test["result"] == "fail").unwrap();
    assert_eq!((&failed["line"], &failed["output"][0]), (&11.into(), &"p/policy_test.rego:13: found set()".into()));
    let xml = folder.run(&["test", "p", "-o", "junit"]).stdout;
    assert!(xml.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{xml}");
    let log = folder.run(&["test", "p", "-o", "github"]).stdout;
    assert!(
        log.starts_with("::error file=p/policy_test.rego,line=11,title=data.policy.host_test.test_wrong::"),
        "{log}"
    );
}

#[test]
fn coverage_names_the_lines_that_no_test_reaches() {
    let folder = Folder::new(&[("p/policy.rego", POLICY), ("p/policy_test.rego", TESTS)]);
    says(&folder.run(&["test", "p", "--run", "denied", "--coverage"]), 0, &["p/policy.rego", "not evaluated: 10, 11"]);
    says(&folder.run(&["test", "p", "--run", "denied", "--coverage-min", "100"]), 1, &["at least 100 %"]);
    says(&folder.run(&["test", "p", "--run", "denied", "--coverage-min", "10"]), 0, &["coverage"]);
}

#[test]
fn good_yaml_and_bad_yaml_are_judged() {
    let pod = |network: &str| {
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{hostNetwork: {network}}}\n")
    };
    let folder =
        Folder::new(&[("p/policy.rego", POLICY), ("p/good.yaml", &pod("false")), ("p/bad.yaml", &pod("true"))]);
    says(&folder.run(&["test", "p"]), 0, &["2 of 2 tests passed"]);
    folder.write("p/good.yaml", &pod("true"));
    folder.write("p/bad.yaml", &pod("false"));
    let words = ["the policy says of good.yaml:", "Pod web: no host network", "the policy says nothing of bad.yaml"];
    says(&folder.run(&["test", "p"]), 1, &words);
}

#[test]
fn a_case_has_the_findings_that_it_expects_and_no_others() {
    let pod = |network: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  hostNetwork: {network}\n  containers:\n  - name: app\n    image: nginx:1.27.3\n"
        )
    };
    let expected = "- rule: policy/host\n  path: web.yaml\n  line: 7\n  severity: error\n  message: host network\n";
    // A Pod's network cannot be changed, which would be a finding too: the cases create one.
    let folder = Folder::new(&[
        ("p/policy.rego", POLICY),
        ("p/cases/host/base/.gitkeep", ""),
        ("p/cases/host/head/web.yaml", &pod("true")),
        ("p/cases/host/expected.yaml", expected),
        ("p/cases/own/base/.gitkeep", ""),
        ("p/cases/own/head/web.yaml", &pod("false")),
        ("p/cases/own/expected.yaml", "none: true\n"),
    ]);
    says(&folder.run(&["test", "p"]), 0, &["2 of 2 tests passed"]);
    folder.write("p/cases/host/expected.yaml", "- rule: policy/host\n  line: 8\n");
    folder.write("p/cases/own/expected.yaml", "- rule: policy/other\n");
    let words =
        ["missing: policy/host line 8", "not expected: policy/host at web.yaml line 7", "missing: policy/other"];
    says(&folder.run(&["test", "p"]), 1, &words);
    folder.write("p/cases/host/expected.yaml", "- rules: x\n");
    says(
        &folder.run(&["test", "p", "--run", "cases/host"]),
        1,
        &["expected.yaml: ", "unknown field `rules`", "it is a list of findings"],
    );
}

#[test]
fn watching_runs_again_soon_after_a_save() {
    let folder = Folder::new(&[("p/policy.rego", POLICY), ("p/policy_test.rego", TESTS)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["test", "p", "--watch", "--run", "denied"])
        .current_dir(folder.0.path().join("work"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("1 of 1 tests passed")));
    folder.write("p/policy_test.rego", &TESTS.replace("== 1 with", "== 2 with"));
    let saved = Instant::now();
    assert!(lines.any(|line| line.contains("0 of 1 tests passed")));
    let waited = saved.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(waited < Duration::from_secs(10), "{waited:?}");
}

#[test]
fn a_new_policy_works_at_once() {
    let folder = Folder::new(&[]);
    says(&folder.run(&["policy", "new", "images/no-latest"]), 0, &["policies/images/no-latest/policy.rego"]);
    says(&folder.run(&["test", "policies"]), 0, &["4 of 4 tests passed"]);
    says(&folder.run(&["policy", "check"]), 0, &["1 policy loads"]);
    says(&folder.run(&["policy", "list", "policies"]), 0, &["images/no-latest  error    A Deployment says no team"]);
    says(&folder.run(&["policy", "new", "images/no-latest"]), 2, &["is there already"]);
    says(&folder.run(&["policy", "new", "../x"]), 2, &["is no name of a policy"]);
}

#[test]
fn what_a_policy_lacks_is_told() {
    let folder = Folder::new(&[("policies/host/policy.rego", POLICY)]);
    let words =
        ["host/policy.rego:1:1: incomplete: METADATA: no description", "no custom.id", "the policy has no tests"];
    says(&folder.run(&["policy", "check"]), 1, &words);
    folder.write("policies/host/policy.rego", "package policy.host\n\ndeny contains x if { y }\n");
    says(&folder.run(&["policy", "check"]), 2, &["policy.rego:3"]);
}

#[test]
fn pages_of_policies_are_written_and_compared() {
    let folder = Folder::new(&[]);
    folder.run(&["policy", "new", "images/no-latest"]);
    says(&folder.run(&["policy", "docs", "policies", "--check"]), 1, &["docs/policies/images/no-latest.md is not"]);
    says(&folder.run(&["policy", "docs", "policies"]), 0, &[]);
    says(&folder.run(&["policy", "docs", "policies", "--check"]), 0, &[]);
    let printed = folder.run(&["policy", "docs", "policies", "--print"]).stdout;
    for part in ["# images/no-latest\n", "Severity: error.\n", "## What to do\n", "kinds:", "- <https://kubernetes.io/"]
    {
        assert!(printed.contains(part), "{part:?} in\n{printed}");
    }
}

/// What METADATA says in vain is told with what may be meant, where it stands.
#[test]
fn metadata_that_says_nothing_is_told() {
    let rules = "package policy.p\n\ndeny contains \"x\" if false\n";
    let cases = [
        ("# titel: a\n", 1, "p.rego:2:3: incomplete: METADATA has no key `titel` did you mean `title`?"),
        ("# sevrity: error\n", 1, "p.rego:2:3: incomplete: METADATA has no key `sevrity` did you mean `custom`?"),
        ("# nothing-like-it: a\n", 1, "what OPA does not know goes below `custom`; there are: scope, title"),
        (
            "# custom:\n#   severty: warning\n",
            1,
            "p.rego:3:5: incomplete: METADATA: custom.severty is not read did you mean `severity`?",
        ),
        (
            "# custom:\n#   match:\n#     kinds:\n#     - {apiGroups: [apps], kinds: [Deployment, Deploymnt]}\n",
            2,
            "p.rego:5:49: METADATA: custom.match: the API group `apps` has no kind `Deploymnt` did you mean \
             Deployment?",
        ),
        (
            "# custom:\n#   match: {kinds: [{apiGroups: [app], kinds: [Deployment]}]}\n",
            2,
            "METADATA: custom.match: no API group is called `app` did you mean apps?",
        ),
        (
            "# custom:\n#   match: {kinds: [{apiGroups: [apps], kinds: [Ingress]}]}\n",
            2,
            "the API group `apps` has no kind `Ingress` did you mean Ingress of networking.k8s.io?",
        ),
        (
            "# custom:\n#   match: {kinds: [{apiGroups: [policy], kinds: [PodSecurityPolicy]}]}\n",
            1,
            "incomplete: METADATA: custom.match: the API group `policy` has no kind `PodSecurityPolicy` remove it",
        ),
        (
            "# custom:\n#   match: {kinds: [{kinds: [deployments]}]}\n",
            1,
            "incomplete: METADATA: custom.match: no built-in kind is called `deployments` did you mean Deployment?",
        ),
        (
            "# custom:\n#   match: {kind: [a]}\n",
            2,
            "custom.match: unknown field `kind`, expected one of `source`, `kinds`",
        ),
        (
            "# custom:\n#   match: {scope: namespaced}\n",
            2,
            "custom.match: scope: \"namespaced\" is none; there are Cluster",
        ),
        ("# custom:\n#   match: {operations: [CONNECT]}\n", 2, "operations: no change of a repository is a CONNECT"),
        ("# custom:\n#   match: {operations: [UPDATED]}\n", 2, "operations: \"UPDATED\" is none; there are CREATE"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (metadata, code, says) in cases {
        fs::write(folder.path().join("p.rego"), format!("# METADATA\n{metadata}{rules}")).unwrap();
        let run = portcullis(folder.path(), folder.path(), &["policy", "check", "."]);
        let text = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(run.code, Some(code), "{says}: {text}");
        assert!(text.contains(says), "{says}: {text}");
    }
    // Keys of other tools and custom resources are nobody's mistake.
    let fine = "# title: a\n# custom:\n#   team: x\n#   match: {kinds: [{apiGroups: [acme.io, extensions, apps], kinds: [Widget, \
                Deployment]}]}\n";
    fs::write(folder.path().join("p.rego"), format!("# METADATA\n{fine}{rules}")).unwrap();
    let run = portcullis(folder.path(), folder.path(), &["policy", "check", "."]);
    assert!(!run.text().contains("is not read") && !run.text().contains("custom.match"), "{}", run.text());
}

/// What conftest's tests read of files: as it does, paths count from the test's own folder.
#[test]
fn tests_read_files_as_conftest_gives_them() {
    let policy = "package main\n\ndeny contains msg if {\n\tinput.spec.replicas < 2\n\tmsg := \"one is too few\"\n}\n";
    let tests = "package main\n\ntest_one if {\n\tcount(deny) == 1 with input as parse_config_file(\"../cases/one.yaml\")\n}\n\n\
                 test_list if {\n\tdocuments := parse_config_file( \"../cases/list.yaml\" )\n\t[d.kind | some d in documents] == \
                 [\"A\", \"B\"]\n}\n\n\
                 test_combined if {\n\tall := parse_combined_config_files([\"../cases/one.yaml\", \"../cases/list.yaml\"])\n\t\
                 [entry.contents.kind | some entry in all] == [\"A\", \"B\", \"Deployment\"]\n}\n\n\
                 test_text if {\n\tparse_config(\"yaml\", \"a: 1\\n---\\nb: 2\\n\") == [{\"a\": 1}, {\"b\": 2}]\n}\n\n\
                 test_wrong if {\n\tparse_config_file(\"../cases/one.yaml\").spec.replicas == 3\n}\n";
    let folder = Folder::new(&[
        ("policy/p.rego", policy),
        ("policy/p_test.rego", tests),
        ("cases/one.yaml", "kind: Deployment\nspec: {replicas: 1}\n"),
        ("cases/list.yaml", "kind: A\n---\nkind: B\n"),
    ]);
    let failed = folder.run(&["test", "policy"]);
    says(&failed, 1, &["4 of 5 tests passed, 1 failed", "replicas is 1"]);
    folder.write("policy/more_test.rego", "package main\n\ntest_none if parse_config_file(\"../cases/none.yaml\")\n");
    says(
        &folder.run(&["test", "policy"]),
        2,
        &["policy/more_test.rego:3:14: ", "parse_config_file cannot read cases/none.yaml: No such file"],
    );
    folder.write("policy/more_test.rego", "package main\n\ntest_hcl if parse_config(\"hcl2\", \"a = 1\")\n");
    says(&folder.run(&["test", "policy"]), 1, &["conftest's parser `hcl2` is not available, `yaml` and `json` are"]);
}

/// A suite beside its template, named by itself, as `gator verify` takes it.
#[test]
fn a_suite_may_read_what_lies_above_it() {
    let fixture = |path: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/gatekeeper/matching");
        fs::read_to_string(root.join(path)).unwrap()
    };
    let suite = "kind: Suite\napiVersion: test.gatekeeper.sh/v1alpha1\ntests:\n  - name: one\n    template: ../template.yaml\n    \
                 constraint: ../constraint.yaml\n    cases:\n      - name: pod\n        object: pod.yaml\n        assertions: \
                 [{violations: yes}]\n";
    let folder = Folder::new(&[
        ("p/template.yaml", &fixture("template.yaml")),
        ("p/constraint.yaml", "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Seen\nmetadata: {name: all}\n"),
        ("p/tests/suite.yaml", suite),
        ("p/tests/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n"),
    ]);
    for path in ["p", "p/tests", "p/tests/suite.yaml"] {
        says(&folder.run(&["test", path]), 0, &["1 of 1 tests passed"]);
    }
}
