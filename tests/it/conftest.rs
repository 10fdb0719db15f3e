//! conftest's folders as its command line asks them: `--combine` and `--namespace`.

use crate::support::{FORMATS, Repo, Run, tree};

type Files<'a> = &'a [(&'a str, &'a str)];

const CONFIG: &str = "version: 1\npolicies: [{ use: policies/ }]\n";

/// conftest's own example ("Options"), as Rego before 1.0.
const SELECTED: &str = "package main

deny[msg] {
  input[i].contents.kind == \"Deployment\"
  deployment := input[i].contents
  not service_selects_app(deployment.spec.selector.matchLabels.app)
  msg := sprintf(\"Deployment %v has selector %v that does not match any Services\", \
     [deployment.metadata.name, deployment.spec.selector.matchLabels.app])
}

service_selects_app(app) {
  input[service].contents.kind == \"Service\"
  input[service].contents.spec.selector.app == app
}
";

fn service(app: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec:\n  selector: {{app: {app}}}\n  ports: \
         [{{port: 80}}]\n"
    )
}

fn deployment(name: &str, app: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  selector: \
         {{matchLabels: {{app: {app}}}}}\n  template:\n    metadata: {{labels: {{app: {app}}}}}\n    spec: {{containers: \
         [{{name: c, image: a/b:1}}]}}\n"
    )
}

/// What the change from one set of files to another gives, both with the same policies.
fn run(config: &str, policy: &str, base: Files<'_>, head: Files<'_>) -> Run {
    let rules = [("portcullis.yaml", config), ("policies/p.rego", policy)];
    Repo::new(&tree(&[&rules, base].concat()), &tree(&[&rules, head].concat()), None).check(&[""; 0])
}

fn flat(run: &Run) -> String {
    run.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A change of a Service breaks a Deployment in another file, and the finding is there.
#[test]
fn combined_policies_judge_what_the_change_leaves_behind() {
    let (web, other) = (deployment("web-1", "shop"), deployment("web-2", "none"));
    let (before, after) = (service("shop"), service("stop"));
    let base = [("a/web.yaml", web.as_str()), ("b/service.yaml", &before), ("c/other.yaml", &other)];
    let head = [("a/web.yaml", web.as_str()), ("b/service.yaml", &after), ("c/other.yaml", &other)];
    let broken = run(CONFIG, SELECTED, &base, &head);
    assert_eq!(broken.code, Some(1), "{}", broken.text());
    let text = flat(&broken);
    assert!(text.contains("error[policy/main] Deployment web-1 has selector shop that does not match any"), "{text}");
    assert!(text.contains("a/web.yaml:1:1"), "{text}");
    // What was there before is not the change's doing.
    assert!(text.contains("1 existing") || !text.contains("error[policy/main] Deployment web-2"), "{text}");

    // One that goes breaks it too, and one that comes cures it.
    let gone = run(CONFIG, SELECTED, &base, &[("a/web.yaml", &web), ("c/other.yaml", &other)]);
    assert_eq!(gone.code, Some(1), "{}", gone.text());
    assert!(flat(&gone).contains("a/web.yaml:1:1"), "{}", gone.text());
    let cured = run(CONFIG, SELECTED, &head, &base);
    assert_eq!(cured.code, Some(0), "{}", cured.text());
    // A change of something else does not ask, and an answer that stays the same decides nothing.
    let more = [&base[..], &[("d/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n")]];
    let same = run(CONFIG, SELECTED, &base, &more.concat());
    assert_eq!(same.code, Some(0), "{}", same.text());

    let rules = [("portcullis.yaml", CONFIG), ("policies/p.rego", SELECTED)];
    let all =
        Repo::new(&tree(&[]), &tree(&[&rules[..], &head].concat()), None).portcullis(&["check", "--no-cache", "--all"]);
    assert_eq!(all.code, Some(1), "{}", all.text());
    for name in ["Deployment web-1 has", "Deployment web-2 has"] {
        assert!(flat(&all).contains(name), "{}", all.text());
    }
}

/// The input is conftest's: files in the order of their paths, documents in the order of their file.
#[test]
fn combined_input_is_as_conftest_gives_it() {
    let policy = "package main\n\nwarn contains msg if {\n\tnames := [sprintf(\"%v=%v\", [f.path, f.contents.metadata.name]) | some f in \
                  input]\n\tmsg := concat(\" \", names)\n}\n\nwarn_name contains data.conftest.file.name if count(input) > 0\n";
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\n");
    let two = format!("{}---\n{}", map("last"), map("first"));
    let told = run(CONFIG, policy, &[], &[("b.yaml", &two), ("a.yaml", &map("x"))]);
    assert_eq!(told.code, Some(0), "{}", told.text());
    let text = flat(&told);
    assert!(text.contains("a.yaml=x b.yaml=last b.yaml=first"), "{text}");
    assert!(text.contains("] Combined "), "{text}");
}

/// A policy that names its file and field gets their line, and the exceptions of the entry.
#[test]
fn combined_findings_are_where_the_policy_says() {
    let policy = "package main\n\ndeny contains violation if {\n\tsome file in input\n\tsome key, value in file.contents.data\n\t\
                  value == \"bad\"\n\tviolation := {\"msg\": \"bad value\", \"path\": file.path, \"field\": [\"data\", key]}\n}\n";
    let map = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop}}\ndata:\n  x: other\n  k: {value}\n"
        )
    };
    let told = run(CONFIG, policy, &[], &[("a.yaml", &map("bad"))]);
    assert_eq!(told.code, Some(1), "{}", told.text());
    assert!(flat(&told).contains("a.yaml:6:"), "{}", told.text());
    let except = "version: 1\npolicies: [{ use: policies/, except: [{ namespaces: [shop], reason: old }] }]\n";
    let excepted = run(except, policy, &[], &[("a.yaml", &map("bad"))]);
    assert_eq!(excepted.code, Some(0), "{}", excepted.text());
    // What only the message says may be a manifest's text.
    let by_message =
        policy.replace("\"path\": file.path, ", "").replace("\"bad value\"", "sprintf(\"%v\", [file.path])");
    let told = run(except, &by_message, &[], &[("a.yaml", &map("bad"))]);
    assert_eq!(told.code, Some(1), "{}", told.text());
    assert!(flat(&told).contains("a.yaml:6:"), "{}", told.text());
}

/// A policy that names nothing speaks of what changed.
#[test]
fn a_combined_policy_that_names_nothing_is_told_at_the_change() {
    let policy = "package main\n\ndeny contains \"no quota anywhere\" if {\n\tkinds := {file.contents.kind | some file in input}\n\tnot \
                  kinds.ResourceQuota\n}\n";
    let quota =
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\nspec: {hard: {pods: '4'}}\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n";
    let both = [("a.yaml", map), ("q.yaml", quota)];
    let told = run(CONFIG, policy, &both, &[("a.yaml", map)]);
    assert_eq!(told.code, Some(1), "{}", told.text());
    let text = flat(&told);
    assert!(
        text.contains("no quota anywhere") && text.contains("q.yaml:1:1") && text.contains("let it name the file"),
        "{text}"
    );
    // It was so before: an object that comes has nothing to do with it.
    let old =
        run(CONFIG, policy, &[("a.yaml", map)], &[("a.yaml", map), ("b.yaml", &map.replace("name: c", "name: d"))]);
    assert_eq!(old.code, Some(0), "{}", old.text());
    assert!(flat(&old).contains("existing"), "{}", old.text());
}

/// Each cluster has its own objects, and only those that the change touches are asked about.
#[test]
fn combined_policies_see_one_cluster_at_a_time() {
    let config = "version: 1\npolicies: [{ use: policies/, combine: true }]\nclusters: [{ name: prod, paths: [prod/**] }, { name: dev, \
                  paths: [dev/**] }]\n";
    let (web, prod, dev) = (deployment("web", "shop"), service("shop"), service("stop"));
    let base = [("prod/web.yaml", web.as_str()), ("prod/s.yaml", &prod), ("dev/web.yaml", &web), ("dev/s.yaml", &prod)];
    let head = [("prod/web.yaml", web.as_str()), ("prod/s.yaml", &prod), ("dev/web.yaml", &web), ("dev/s.yaml", &dev)];
    let told = run(config, SELECTED, &base, &head);
    assert_eq!(told.code, Some(1), "{}", told.text());
    let text = flat(&told);
    assert!(text.contains("dev/web.yaml:1:1") && !text.contains("prod/web.yaml"), "{text}");
    // What lies in no cluster is every cluster's.
    let base = [("prod/web.yaml", web.as_str()), ("dev/web.yaml", &web), ("all/s.yaml", &prod)];
    let head = [("prod/web.yaml", web.as_str()), ("dev/web.yaml", &web), ("all/s.yaml", &dev)];
    let text = flat(&run(config, SELECTED, &base, &head));
    assert!(text.contains("dev/web.yaml") && text.contains("prod/web.yaml"), "{text}");
}

/// What would see nothing, fails or depends on what nobody knows never passes.
#[test]
fn combined_policies_never_pass_what_they_did_not_judge() {
    let plain = "package main\n\ndeny contains \"x\" if input.kind == \"ConfigMap\"\n";
    let mixed = "package main\n\ndeny contains \"x\" if input[_].contents.kind == \"ConfigMap\"\n\ndeny contains \"y\" if input.kind == \"A\"\n";
    let slow = "package main\n\ndeny contains input[_].contents.x if {\n\tsome a in numbers.range(1, 30000)\n\tsome b in numbers.range(1, \
                30000)\n\ta * b == 0\n}\n";
    let odd = "package main\n\ndeny contains input[_].contents.metadata\n";
    let imported =
        "package main\n\nimport input as files\n\ndeny contains \"found\" if files[_].contents.kind == \"ConfigMap\"\n";
    let set = |combine: &str| format!("version: 1\npolicies: [{{ use: policies/, combine: {combine} }}]\n");
    let (combined, single) = (set("true"), set("false"));
    let map = [("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n")];
    let cases = [
        (
            combined.as_str(),
            plain,
            2,
            "the package `main` reads `input.kind`, and its input is the list of all objects",
        ),
        (&single, SELECTED, 2, "the package `main` wants all files at once"),
        (CONFIG, mixed, 2, "say in the entry which it is: `combine: true` or `combine: false`"),
        (&combined, mixed, 1, "error[policy/main] x"),
        (CONFIG, slow, 2, "policy policy/main: policies/p.rego:3: evaluating data.main.deny took longer"),
        (CONFIG, odd, 2, "data.main.deny holds neither a text nor an object with `msg`"),
        (CONFIG, imported, 1, "error[policy/main] found"),
    ];
    for (config, policy, code, says) in cases {
        let run = run(config, policy, &[], &map);
        assert_eq!(run.code, Some(code), "{says}: {}", run.text());
        assert!(flat(&run).contains(says), "{says}: {}", run.text());
    }
    // What cannot be judged of the base either is no more judged for that.
    let before = [("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: shop}\n")];
    let odd = run(CONFIG, odd, &before, &[&before[..], &map].concat());
    assert_eq!(odd.code, Some(2), "{}", odd.text());
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  \
                interval: 1m\n  path: ./apps\n  prune: true\n  sourceRef: {kind: GitRepository, name: x}\n  postBuild: {substitute: {A: b}}\n";
    let (unknown, web) = (service("'${A}'"), deployment("web", "shop"));
    let known = service("shop");
    let base = [("flux.yaml", flux), ("apps/web.yaml", &web), ("apps/s.yaml", &known)];
    let head = [("flux.yaml", flux), ("apps/web.yaml", &web), ("apps/s.yaml", &unknown)];
    let policy =
        "package main\n\ndeny contains \"no app\" if not any_app\n\nany_app if input[_].contents.spec.selector.app\n";
    let run = run(CONFIG, policy, &base, &head);
    assert!(
        flat(&run).contains("policy policy/main: its answer depends on a value that is not known"),
        "{}",
        run.text()
    );
}

/// A policy may quote a Secret of a file that the change does not touch: no format shows it.
#[test]
fn no_policy_tells_a_secret_of_another_file() {
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata: {token: Y2FuYXJ5LW9mLXBvbGljaWVz}\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n";
    let combined = "package main\n\ndeny contains base64.decode(input[_].contents.data.token)\n";
    let inventory = "package policy.p\n\ndeny contains msg if {\n\tsome value in data.inventory.namespace.shop.v1.Secret.s.data\n\tmsg := \
                     sprintf(\"%v %v\", [value, base64.decode(value)])\n}\n";
    for policy in [combined, inventory] {
        let rules = [("portcullis.yaml", CONFIG), ("policies/p.rego", policy), ("s.yaml", secret)];
        let repo = Repo::new(&tree(&rules), &tree(&[&rules[..], &[("c.yaml", map)]].concat()), None);
        for format in FORMATS {
            let run = repo.check(&["-o", format]);
            assert!(run.text().contains("[redacted]") || run.code == Some(0), "{format}: {}", run.text());
            assert!(!run.text().contains("canary-of-policies"), "{format}: {}", run.text());
            assert!(!run.text().contains("Y2FuYXJ5LW9mLXBvbGljaWVz"), "{format}: {}", run.text());
        }
    }
}

/// `policy eval --combine` gives the same input, and fixtures and cases know it.
#[test]
fn combined_policies_are_tried_and_tested() {
    let (web, good, bad) = (deployment("web", "shop"), service("shop"), service("stop"));
    let files = [
        ("policies/p.rego", SELECTED.to_owned()),
        ("policies/good.yaml", format!("{web}---\n{good}")),
        ("policies/bad.yaml", format!("{web}---\n{bad}")),
        ("policies/case/base/web.yaml", web.clone()),
        ("policies/case/base/s.yaml", good.clone()),
        ("policies/case/head/web.yaml", web.clone()),
        ("policies/case/head/s.yaml", bad.clone()),
        (
            "policies/case/expected.yaml",
            "- { rule: policy/main, path: web.yaml, message: web has selector }\n".to_owned(),
        ),
        ("in/b.yaml", bad),
        ("in/a.yaml", web),
    ];
    let repo = Repo::empty();
    for (path, text) in &files {
        repo.write(path, text);
    }
    let run = repo.portcullis(&["test", "policies"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(flat(&run).contains("3 passed") || flat(&run).contains("3 tests"), "{}", run.text());
    let eval = repo.portcullis(&[
        "policy",
        "eval",
        "--v0-compatible",
        "-d",
        "policies/p.rego",
        "--combine",
        "-i",
        "in",
        "data.main.deny",
    ]);
    assert_eq!(eval.code, Some(0), "{}", eval.text());
    assert!(eval.text().contains("Deployment web has selector shop"), "{}", eval.text());
    let paths = repo.portcullis(&[
        "policy",
        "eval",
        "--combine",
        "-i",
        "in/b.yaml",
        "-i",
        "in/a.yaml",
        "[f.path | f := input[_]]",
    ]);
    assert!(
        flat(&paths).contains("[\"in/a.yaml\",\"in/b.yaml\"]")
            || flat(&paths).contains("[ \"in/a.yaml\", \"in/b.yaml\" ]"),
        "{}",
        paths.text()
    );
    let two = repo.portcullis(&["policy", "eval", "-i", "in/b.yaml", "-i", "in/a.yaml", "input"]);
    assert_eq!(two.code, Some(2), "{}", two.text());
    assert!(two.text().contains("--combine"), "{}", two.text());
}

/// `--namespace` says which packages are asked.
#[test]
fn packages_are_asked_as_the_entry_names_them() {
    let package =
        |name: &str| format!("package {name}\n\ndeny contains \"{name} says so\" if input.kind == \"ConfigMap\"\n");
    let (main, k8s, team) = (package("main"), package("k8s"), package("team.a"));
    let map = ("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n");
    let cases: [(&str, i32, &[&str], &str); 9] = [
        ("", 1, &["main"], "the package `k8s` is not asked, because there is one called `main`; name it in the entry"),
        (", namespace: [main, k8s]", 1, &["main", "k8s"], ""),
        (", namespace: [\"team.*\"]", 1, &["team.a"], ""),
        (", all-namespaces: true", 1, &["main", "k8s", "team.a"], ""),
        (", namespace: [man]", 2, &[], "no package of `policies` is called `man` help: did you mean `main`?"),
        (", namespace: [nothing-like-it]", 2, &[], "there are: k8s, main, team.a"),
        (", namespace: [\"k8?\"]", 2, &[], "only `*` stands for other text"),
        (", namespace: [main], all-namespaces: true", 2, &[], "says less than `all-namespaces`"),
        (", namespace: []", 2, &[], "names no package"),
    ];
    for (keys, code, asked, says) in cases {
        let config = format!("version: 1\npolicies: [{{ use: policies/{keys} }}]\n");
        let rules = [
            ("portcullis.yaml", config.as_str()),
            ("policies/main.rego", &main),
            ("policies/k8s.rego", &k8s),
            ("policies/team.rego", &team),
        ];
        let run = Repo::new(&tree(&rules), &tree(&[&rules[..], &[map]].concat()), None).check(&[""; 0]);
        let text = flat(&run);
        assert_eq!(run.code, Some(code), "{keys}: {text}");
        for name in ["main", "k8s", "team.a"] {
            assert_eq!(text.contains(&format!("{name} says so")), asked.contains(&name), "{keys}: {name}: {text}");
        }
        assert!(text.contains(says), "{keys}: {says}: {text}");
    }
    let bundled = "version: 1\npolicies: [{ use: workloads, combine: true }]\n";
    let rules = [("portcullis.yaml", bundled)];
    let run = Repo::new(&tree(&rules), &tree(&[&rules[..], &[map]].concat()), None).check(&[""; 0]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        flat(&run).contains("`workloads` is bundled, and `combine` is about conftest's policies"),
        "{}",
        run.text()
    );
}

/// Nearly every folder of conftest's has the package `main`.
#[test]
fn several_folders_have_a_package_main() {
    let config = "version: 1\npolicies:\n  - { use: policies/ }\n  - { use: team b/policy }\nrules: { 'policy/team-b/*': warning }\n";
    let says = |text: &str| format!("package main\n\ndeny contains \"{text}\"\n");
    let (ours, theirs) = (says("ours"), says("theirs"));
    let object = service("shop");
    let base = [("portcullis.yaml", config), ("policies/p.rego", &*ours), ("team b/policy/p.rego", &*theirs)];
    let head = [&base[..], &[("svc.yaml", &*object)]].concat();
    let run = Repo::new(&tree(&base), &tree(&head), None).check(&[""; 0]);
    let text = flat(&run);
    assert_eq!(run.code, Some(1), "{text}");
    assert!(text.contains("error[policy/main] ours"), "{text}");
    assert!(text.contains("warning[policy/team-b/policy/main] theirs"), "{text}");
}
