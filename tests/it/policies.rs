//! Policies through the binary: hostile ones, and what they are told of an object.

use std::time::Duration;

use crate::support::{FORMATS, Repo, tree};

pub(crate) const CONFIG: (&str, &str) = ("portcullis.yaml", "version: 1\npolicies: [{ use: policies/ }]\n");
pub(crate) const OBJECT: (&str, &str) =
    ("apps/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {a: b}\n");
/// What a policy may take, with our own start; a build for development is much slower than one for release.
pub(crate) const TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 3 });
pub(crate) const MEMORY_MIB: u64 = 700;

/// What is wrong, the policy, and what the program must say of it.
const HOSTILE: [(&str, &str, &str); 18] = [
    (
        "a loop",
        "deny contains \"x\" if {\n\tsome a in numbers.range(1, 30000)\n\tsome b in numbers.range(1, 30000)\n\ta * b == 0\n}\n",
        "apps/a.yaml.*policy policy/p: policies/p.rego:3: evaluating data.policy.p.deny took longer than",
    ),
    (
        "recursion of a function",
        "f(x) := f(x)\n\ndeny contains \"x\" if f(1)\n",
        "policies/p.rego: line 3, column 1: .*recursi",
    ),
    (
        "recursion of rules",
        "a := b\n\nb := a\n\ndeny contains \"x\" if a\n",
        "policies/p.rego: line 3, column 1: .*recursi",
    ),
    ("5 GB", "deny contains \"x\" if count(numbers.range(1, 200000000)) == 1\n", "policies/p.rego"),
    (
        "a doubled text",
        "a0 := sprintf(\"%01000d\", [1])\n\na1 := concat(\"\", [s | some i in numbers.range(1, 5000); s := a0])\n\n\
         a2 := concat(\"\", [s | some i in numbers.range(1, 5000); s := a1])\n\ndeny contains \"x\" if count(a2) == 1\n",
        "policies/p.rego",
    ),
    ("a syntax error", "deny contains {\n", "policies/p.rego: line 4, column 1: "),
    (
        "an unknown builtin",
        "deny contains \"x\" if no.such(1)\n",
        "policies/p.rego: line 3.*undefined function no.such",
    ),
    (
        "a builtin that calls out",
        "deny contains \"x\" if http.send({\"method\": \"get\", \"url\": \"http://x\"})\n",
        "http.send",
    ),
    ("an unsafe variable", "deny contains x if input.review\n", "policies/p.rego: line 3.*unsafe"),
    ("an answer that is no set", "deny := 3\n", "deny"),
    ("an answer below its place", "deny.x contains \"y\" if true\n", "data.policy.p.deny is no set"),
    (
        "a rule that nobody asks",
        "denied contains \"y\" if true\n",
        "policies/p.rego: line 1, column 1: the package `policy.p` decides nothing",
    ),
    ("an answer without a text", "deny contains {\"message\": \"x\"} if true\n", "msg"),
    ("an empty answer", "deny contains \"\" if true\n", "data.policy.p.deny: the message of a violation is empty"),
    (
        "a field that is none",
        "deny contains {\"msg\": \"x\", \"field\": 3} if true\n",
        "data.policy.p.deny: `field` of a violation is a text, not 3",
    ),
    (
        "a help that is none",
        "deny contains {\"msg\": \"x\", \"help\": [\"y\"]} if true\n",
        "data.policy.p.deny: `help` of a violation is a text",
    ),
    (
        "a path of more than keys",
        "deny contains {\"msg\": \"x\", \"field\": [\"data\", null]} if true\n",
        "data.policy.p.deny: `field` holds a key that is no text or number",
    ),
    (
        "a function that nobody calls",
        "deny(x) := x\n",
        "policies/p.rego: line 1, column 1: the package `policy.p` decides nothing",
    ),
];

#[test]
fn hostile_policies_never_pass() {
    let mut wrong = Vec::new();
    for (name, rules, says) in HOSTILE {
        let policy = format!("package policy.p\n\n{rules}");
        let base = tree(&[CONFIG, ("policies/p.rego", &policy)]);
        let head = tree(&[CONFIG, ("policies/p.rego", &policy), OBJECT]);
        let run = Repo::new(&base, &head, None).check(&[""; 0]);
        let text = run.text();
        println!("{name:<30} {:?} {:>6} ms {:>4} MiB", run.code, run.cpu.as_millis(), run.peak_mib);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if run.defect().is_some() || run.code != Some(2) {
            wrong.push(format!("✗ {name}: exit {:?}\n{text}", run.code));
        } else if !regex::Regex::new(says).unwrap().is_match(&flat) {
            wrong.push(format!("✗ {name}: does not say {says:?}\n{text}"));
        } else if run.cpu > TIME || run.peak_mib > MEMORY_MIB {
            wrong.push(format!("✗ {name}: took {:?}, {} MiB", run.cpu, run.peak_mib));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const TEMPLATE: &str = "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8slabels}
spec:
  crd:
    spec:
      names: {kind: K8sLabels}
      validation: {openAPIV3Schema: {type: object, properties: {labels: {type: array, items: {type: string}}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8slabels
        violation[{\"msg\": \"x\"}] { input.parameters.labels[_] == \"x\" }
";

fn constraint(kind: &str, parameters: &str) -> String {
    format!(
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {kind}\nmetadata: {{name: a}}\nspec:\n  parameters:\n    \
         labels: {parameters}\n"
    )
}

#[test]
fn broken_policies_are_told_with_their_place() {
    let one = "# METADATA\n# custom:\n#   id: acme/one\npackage policy.one\n\ndeny contains \"x\" if false\n";
    let two = one.replace("policy.one", "policy.two");
    let no_yaml = "# METADATA\n# title: [\npackage policy.p\n\ndeny contains \"x\" if false\n";
    let no_level =
        "# METADATA\n# custom:\n#   enforcementAction: audit\npackage policy.p\n\ndeny contains \"x\" if false\n";
    let no_operation = no_level.replace("enforcementAction: audit", "match: {operations: [create]}");
    let (alone, wrong) = (constraint("K8sOther", "[a]"), constraint("K8sLabels", "{a: b}"));
    let dotted = one.replace("policy.one", "policy[\"one.two\"]");
    let (no_id, native) = (one.replace("acme/one", "'a b'"), one.replace("acme/one", "object/plain-secret"));
    let mute = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: mute}\nspec:\n  crd: {spec: \
                {names: {kind: Mute}}}\n  targets:\n    - target: admission.k8s.gatekeeper.sh\n      rego: |\n        package mute\n\n        \
                violation[msg] { msg := sprintf(\"%v\", [input.review.name]) }\n";
    let cases: [(&[(&str, &str)], &str); 11] = [
        (
            &[("policies/t.yaml", mute)],
            "policies/t.yaml: line 11, column 9: `violation` holds no object with `msg`: Gatekeeper refuses the template",
        ),
        (&[("policies/p.rego", &no_id)], "policies/p.rego: line 1, column 1: METADATA: custom.id: \"a b\" is no name"),
        (
            &[("policies/p.rego", &native)],
            "policies/p.rego: line 1, .*custom.id: `object/plain-secret` is the name of another",
        ),
        (&[("policies/p.rego", &dotted)], "policies/p.rego: line 1, .*the package's name cannot be used"),
        (&[("policies/p.rego", no_yaml)], "policies/p.rego: line [23], column [0-9]+: the METADATA cannot be read"),
        (&[("policies/p.rego", no_level)], "policies/p.rego: line [23], column [0-9]+: the METADATA .*audit"),
        (
            &[("policies/p.rego", &no_operation)],
            "policies/p.rego: line 1, .*custom.match: operations: \"create\" is none",
        ),
        (
            &[("policies/one.rego", one), ("policies/q.rego", &two)],
            "policies/q.rego: line 1, column 1: two policies have the id `acme/one`: the other is policies/one.rego",
        ),
        (&[("policies/p.rego", "package lib.p\n\nx := 1\n")], "portcullis.yaml: line 2, column 19: .*holds no policy"),
        (
            &[("policies/c.yaml", &alone)],
            "policies/c.yaml: line 2, column 1: there is no ConstraintTemplate for K8sOther",
        ),
        (
            &[("policies/t.yaml", TEMPLATE), ("policies/c.yaml", &wrong)],
            "policies/c.yaml: line 6, column [0-9]+: .*spec.parameters.labels",
        ),
    ];
    for (files, says) in cases {
        let mut files = [&[CONFIG], files].concat();
        let base = tree(&files);
        files.push(OBJECT);
        let run = Repo::new(&base, &tree(&files), None).check(&[""; 0]);
        let flat = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(run.code, Some(2), "{flat}");
        assert!(regex::Regex::new(says).unwrap().is_match(&flat), "{says}: {flat}");
        assert!(run.cpu < TIME && run.peak_mib < MEMORY_MIB, "{says}: {:?}, {} MiB", run.cpu, run.peak_mib);
    }
}

/// What conftest's packages would pass in silence here, because they are asked another way than they are written for.
#[test]
fn conftest_packages_that_would_see_nothing_are_told() {
    let cases = [
        ("package main\n\ndenied contains \"x\" if true\n", "the package `main` decides nothing"),
        ("package main\n\ndeny(x) := x\n", "the package `main` decides nothing"),
        ("package main\n\ndeny.all contains \"x\" if true\n", "data.main.deny is no set"),
        (
            "package policies.team\n\ndeny contains \"x\" if not input.review.object.metadata.labels.team\n",
            "the package `policies.team` reads `input.review`",
        ),
    ];
    for (policy, says) in cases {
        let base = tree(&[CONFIG, ("policies/p.rego", policy)]);
        let run = Repo::new(&base, &tree(&[CONFIG, ("policies/p.rego", policy), OBJECT]), None).check(&[""; 0]);
        let flat = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(run.code, Some(2), "{flat}");
        assert!(flat.contains(says), "{says}: {flat}");
    }
}

/// Rules may be indented, and one may ask for the name of the file.
#[test]
fn conftest_packages_are_asked_as_conftest_does() {
    for policy in [
        "package k8s\n\n  deny[msg] {\n    input.kind == \"ConfigMap\"\n    msg := \"found\"\n  }\n",
        "package main\n\ndeny contains \"found\" if {\n\tdata.conftest.file.name == \"a.yaml\"\n\tdata.conftest.file.dir == \"apps\"\n}\n",
    ] {
        let base = tree(&[CONFIG, ("policies/p.rego", policy)]);
        let run = Repo::new(&base, &tree(&[CONFIG, ("policies/p.rego", policy), OBJECT]), None).check(&[""; 0]);
        assert_eq!(run.code, Some(1), "{}", run.text());
        assert!(run.text().contains("] found"), "{}", run.text());
    }
}

/// A policy knows for which cluster an object is judged, and what the cluster knows of the object's Namespace.
#[test]
fn the_cluster_and_the_namespace_are_told() {
    let config = "version: 1\npolicies: [{ use: policies/ }]\n\
                  clusters: [{ name: prod, paths: [apps/**] }, { name: dev, paths: [apps/**] }]\n";
    let policy = "package policy.p\n\nwarn contains sprintf(\"in %v\", [input.change.cluster]) if {\n\
                  \tnamespace := input.review.namespaceObject.metadata\n\tnamespace.annotations.cost == \"c1\"\n\
                  \tnamespace.labels == {\"team\": \"a\", \"kubernetes.io/metadata.name\": \"shop\"}\n}\n";
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}, annotations: {cost: c1}}\n";
    let files = [("portcullis.yaml", config), ("policies/p.rego", policy), ("shop.yaml", namespace)];
    let head = tree(&[&files[..], &[OBJECT]].concat());
    let run = Repo::new(&tree(&files), &head, None).check(&[""; 0]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(run.text().contains("in prod") && run.text().contains("in dev"), "{}", run.text());
}

const FLUX: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n\
                    spec:\n  interval: 1m\n  path: ./apps\n  prune: true\n  sourceRef: {kind: GitRepository, name: x}\n  postBuild: \
                    {substitute: {A: b}}\n";

/// What Flux will put there may be just what the policy looks for, so it is not passed: neither by a comparison, nor by a
/// list of the config, nor by what the policy looks at.
#[test]
fn what_is_not_known_is_never_passed() {
    type Files = Vec<(&'static str, String)>;
    let by = |rule: &str| format!("package policy.p\n\ndeny contains \"bad\" if {rule}\n");
    let value = "input.review.object.data.k";
    let by_label =
        "# METADATA\n# custom:\n#   match: {labelSelector: {matchLabels: {team: a}}}\n".to_owned() + &by("true");
    let template = TEMPLATE
        .replace("input.parameters.labels[_] == \"x\"", "input.parameters.labels[_] == input.review.object.data.k");
    let labels = constraint("K8sLabels", "[one]");
    let gatekeeper = vec![("t.yaml", template), ("c.yaml", labels)];
    let own = |policy: String| vec![("policies/p.rego", policy)];
    let cases: [(Files, &str, bool); 8] = [
        (own(by(&format!("{value} == \"bad\""))), "${X}", true),
        (own(by(&format!("{value} == \"bad\""))), "good", false),
        (own(by(&format!("endswith({value}, \":latest\")"))), "nginx:${X}", true),
        (own(by(&format!("endswith({value}, \":latest\")"))), "nginx:1", false),
        (own(by(&format!("{value} in input.params.words"))), "${X}", true),
        (own(by(&format!("startswith({value}, \"a\")"))), "b${X}", false),
        (own(by_label), "x, labels: {team: \"${X}\"}", true),
        (gatekeeper, "${X}", true),
    ];
    for (policies, text, is_open) in cases {
        let config = "version: 1\npolicies: [{ use: policies/, params: {words: [one, two]} }]\n";
        let plain = "version: 1\n";
        let has_params = policies.iter().any(|(_, text)| text.contains("params"));
        let has_own = policies.iter().any(|(path, _)| path.starts_with("policies/"));
        let config = match (has_params, has_own) {
            (true, _) => config,
            (false, true) => CONFIG.1,
            (false, false) => plain,
        };
        let (data, metadata) = text
            .split_once(", labels")
            .map_or((text, String::new()), |(data, labels)| (data, format!(", labels{labels}")));
        let object = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop{metadata}}}\ndata: {{k: \"{data}\"}}\n"
        );
        let mut files = vec![("portcullis.yaml", config), ("flux.yaml", FLUX)];
        files.extend(policies.iter().map(|(path, text)| (*path, text.as_str())));
        let base = tree(&files);
        files.push(("apps/a.yaml", &object));
        let run = Repo::new(&base, &tree(&files), None).check(&[""; 0]);
        assert_eq!(run.text().contains("depends on a value"), is_open, "{text}: {}", run.text());
    }
}

/// A path as `walk` gives it is a field.
#[test]
fn a_list_of_keys_is_a_field() {
    let policy = "package policy.p\n\ndeny contains {\"msg\": \"x\", \"field\": path} if {\n\
                  \twalk(input.review.object, [path, \"b\"])\n}\n";
    let base = tree(&[CONFIG, ("policies/p.rego", policy)]);
    let run = Repo::new(&base, &tree(&[CONFIG, ("policies/p.rego", policy), OBJECT]), None).check(&[""; 0]);
    assert!(run.text().contains("[apps/a.yaml:4:"), "{}", run.text());
}

/// The configuration of Gatekeeper's webhook counts wherever it is written, and its namespaceSelector may ask for the label
/// that the server gives every Namespace.
#[test]
fn the_webhook_of_gatekeeper_is_found() {
    let webhook = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n\
                   metadata: {name: gatekeeper}\nwebhooks:\n- name: validation.gatekeeper.sh\n  admissionReviewVersions: [v1]\n  \
                   sideEffects: None\n  clientConfig: {service: {name: a, namespace: b}}\n  \
                   rules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [DELETE], resources: ['*']}]\n  namespaceSelector: \
                   {matchLabels: {kubernetes.io/metadata.name: shop}}\n";
    let labels = constraint("K8sLabels", "[x]");
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    let files = [("t.yaml", TEMPLATE), ("c.yaml", &*labels), ("shop.yaml", namespace)];
    let code = |with: &[(&str, &str)], removes: bool| {
        let base = [&files[..], with].concat();
        let (without, object) = (tree(&base), tree(&[&base[..], &[OBJECT]].concat()));
        let (base, head) = if removes { (&object, &without) } else { (&without, &object) };
        Repo::new(base, head, None).check(&[""; 0]).code
    };
    assert_eq!([code(&[], false), code(&[], true)], [Some(1), Some(0)]);
    let webhook = [("webhook.yaml", webhook)];
    assert_eq!([code(&webhook, false), code(&webhook, true)], [Some(0), Some(1)]);
    let with = |from: &str, to: &str| webhook[0].1.replace(from, to);
    let other = with("name: shop}}", "name: other}}");
    assert_eq!(code(&[("webhook.yaml", &other)], true), Some(0));
    // A rule is about the objects that it names.
    for (rule, expected) in [("operations: ['*'], resources: ['*']", 1), ("operations: [DELETE], resources: [pods]", 0)]
    {
        let other = with("operations: [DELETE], resources: ['*']", rule);
        assert_eq!(code(&[("webhook.yaml", &other)], true), Some(expected), "{rule}");
    }
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  containers:\n  - name: c\n    \
                   image: a\n    livenessProbe: {httpGet: {host: other, port: 80}}\n";

/// What the labels of Pod Security mean to the server: its own version is the latest, the stricter of two versions counts,
/// and a level that is no level enforces the strictest.
#[test]
fn pod_security_reads_labels_as_the_server_does() {
    let namespace =
        |labels: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n");
    let label = |mode: &str, value: &str| format!("pod-security.kubernetes.io/{mode}: '{value}'");
    let check = |minors: &str, old: &str, new: &str| {
        let config = format!("version: 1\nkubernetes: {minors}\n");
        let (old, new) = (namespace(old), namespace(new));
        let base = tree(&[("portcullis.yaml", &config), ("shop.yaml", &old)]);
        let head = tree(&[("portcullis.yaml", &config), ("shop.yaml", &new), ("p.yaml", POD)]);
        let run = Repo::new(&base, &head, None).check(&[""; 0]);
        (run.text().contains("pod-security/baseline/host-probes"), run.code, run.text())
    };
    let (baseline, old) = (label("enforce", "baseline"), label("enforce-version", "v1.33"));
    let pinned = format!("{baseline}, {old}");
    // Since 1.34 a probe names no host.
    for (minors, before, after, code) in [
        ("{current: ['1.34']}", &baseline, &baseline, 1),
        ("{current: ['1.33']}", &baseline, &baseline, 0),
        ("{current: ['1.33', '1.34']}", &baseline, &baseline, 1),
        ("{current: ['1.33'], next: '1.34'}", &baseline, &baseline, 0),
        ("{current: ['1.34']}", &pinned, &pinned, 0),
        ("{current: ['1.34']}", &pinned, &baseline, 1),
        ("{current: ['1.34']}", &baseline, &pinned, 1),
    ] {
        let (found, exit, text) = check(minors, before, after);
        let is_told = code == 1 || minors.contains("next");
        assert_eq!((found, exit), (is_told, Some(code)), "{minors} {before} {after}: {text}");
    }
    // Whoever wrote these is told at the Namespace too.
    for (mode, level, code) in
        [("enforce", "", 1), ("enforce", "Baseline", 1), ("warn", "Baseline", 0), ("audit", "", 0)]
    {
        let labels = label(mode, level);
        let (found, exit, text) = check("{current: ['1.34']}", &labels, &labels);
        assert_eq!((found, exit), (code == 1, Some(code)), "{labels}: {text}");
    }
}

/// Somebody who judges a file may stand in a folder with anything in it: it is not searched.
#[test]
fn policies_beside_a_file_count_when_they_are_named() {
    let repo = Repo::empty();
    // A file outside of the current folder: its paths count from its own.
    repo.write("../plain/a.yaml", OBJECT.1);
    repo.write("../plain/policies/gatekeeper.yaml", &format!("{TEMPLATE}---\n{}", constraint("K8sLabels", "[x]")));
    let code = |paths: &[&str]| {
        let run = repo.portcullis(&[&["check"], paths].concat());
        (run.code, run.text().contains("gatekeeper/K8sLabels/a"))
    };
    assert_eq!(code(&["../plain/a.yaml"]), (Some(0), false));
    assert_eq!(code(&["../plain/a.yaml", "../plain/policies/gatekeeper.yaml"]), (Some(1), true));
    repo.write("../plain/portcullis.yaml", "version: 1\npolicies: [{ use: policies/ }]\n");
    assert_eq!(code(&["../plain/a.yaml"]), (Some(1), true));
}

/// A policy may read a Secret and say what it likes: no format shows a value, decoded or not.
#[test]
fn no_policy_tells_a_secret() {
    let policy = "package policy.p\n\ndeny contains violation if {\n\tsome value in input.review.object.data\n\t\
                  violation := {\"msg\": sprintf(\"%v %v\", [value, base64.decode(value)]), \"details\": value, \
                  \"help\": value, \"fix\": base64.decode(value), \"field\": \"data.token\"}\n}\n";
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\ndata: {token: Y2FuYXJ5LW9mLXBvbGljaWVz}\n";
    let base = tree(&[CONFIG, ("policies/p.rego", policy)]);
    let head = tree(&[CONFIG, ("policies/p.rego", policy), ("apps/s.yaml", secret)]);
    let repo = Repo::new(&base, &head, None);
    for format in FORMATS {
        let run = repo.check(&["-o", format]);
        assert_eq!(run.code, Some(1), "{}", run.text());
        assert!(!run.text().contains("canary-of-policies"), "{format}: {}", run.text());
        assert!(!run.text().contains("Y2FuYXJ5LW9mLXBvbGljaWVz"), "{format}: {}", run.text());
    }
}
