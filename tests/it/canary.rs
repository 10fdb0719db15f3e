//! No format shows a secret: canaries stand in every place that a message, a snippet or a line of context could quote,
//! with findings provoked around them, and every output is searched for them and for every eight characters of them.

use std::collections::HashSet;
use std::fs;

use crate::support::{Entry, FORMATS, Repo, Tree, base64};

/// Length of a fragment that counts as a leak.
const FRAGMENT: usize = 8;

/// Makes strings that look random and occur nowhere else.
struct Canaries {
    state: u64,
    planted: Vec<String>,
}

impl Canaries {
    fn next(&mut self) -> String {
        let text: String = (0..24)
            .map(|_| {
                self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"[(self.state >> 33) as usize % 54])
            })
            .collect();
        self.planted.push(text.clone());
        text
    }

    /// The template with a new canary for each `<C>`, and the base64 of a new one for each `<B>`.
    fn plant(&mut self, template: &str) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some(at) = rest.find("<C>").into_iter().chain(rest.find("<B>")).min() {
            text.push_str(&rest[..at]);
            let canary = self.next();
            text.push_str(&if rest[at..].starts_with("<B>") { base64(canary.as_bytes()) } else { canary });
            rest = &rest[at + 3..];
        }
        text + rest
    }

    /// Every fragment of every canary, plain and in base64 at each of the three alignments.
    fn fragments(&self) -> HashSet<Vec<u8>> {
        // The first characters of a shifted text depend on what stands before it.
        let coded = |canary: &str, shift: usize| {
            let text = base64(&[&b"\0\0"[..shift], canary.as_bytes()].concat());
            text.trim_end_matches('=')[[0, 2, 3][shift]..].to_owned()
        };
        let texts = |canary: &String| [canary.clone(), coded(canary, 0), coded(canary, 1), coded(canary, 2)];
        let windows = |text: &String| text.as_bytes().windows(FRAGMENT).map(<[u8]>::to_vec).collect::<Vec<_>>();
        self.planted.iter().flat_map(texts).flat_map(|text| windows(&text)).collect()
    }
}

/// Files of the head. True: the file has a finding, so that something is printed around its canaries.
const HEAD: &[(&str, bool, &str)] = &[
    // A document that is no object, and one that a file of the base defines already.
    ("taken/kustomization.yaml", false, "resources: [list.yaml, flow.yaml, text.yaml]\n"),
    ("taken/list.yaml", true, "- kind: Secret\n  stringData: {a: <C>}\n"),
    ("taken/flow.yaml", true, "[{kind: Secret, data: {a: <B>}}]\n"),
    ("taken/text.yaml", true, "Secret <C>\n"),
    (
        "twice/two.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nstringData: {x: <C>}\nmetadata: {name: twice}\ndata: {y: <B>}\n",
    ),
    (
        "block.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: block\n  uid: x\nstringData:\n  a: <C>\n  a: <C>\n  n: <C> # <C>\n  # <C>\n  b: '<C>'\nstatus: {}\n",
    ),
    (
        "base64.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: coded, uid: x}\ndata:\n  a: <B>\n  a: <B>\n  b: |\n    <B>\n    <B>\n  c: >-\n    <B>\n",
    ),
    (
        "flow.yaml",
        true,
        "{apiVersion: v1, kind: Secret, metadata: {name: flow, uid: x}, stringData: {a: <C>, a: \"<C>\", n: '<C>'}, data: {b: <B>}}\n",
    ),
    (
        "lines.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: lines\nstringData:\n  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n    <C>\n    <C>\n    -----END PRIVATE KEY-----\n  tls.key: \"<C>\n    <C>\"\n  plain: <C>\n    <C>\nstatus: {}\n",
    ),
    (
        "kind-last.yaml",
        true,
        "stringData:\n  a: <C>\n  a: <C>\nmetadata:\n  name: last\n  resourceVersion: '1'\napiVersion: v1\nkind: Secret\n",
    ),
    ("no-name.yaml", true, "apiVersion: v1\nkind: Secret\nmetadata: {}\nstringData: {a: <C>}\n"),
    (
        "number-name.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nstringData: {a: <C>}\nmetadata:\n  name: 7\ndata: {b: <B>}\n",
    ),
    (
        "shape.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: shape, uid: x}\nstringData: <C>\ndata: [<B>, {a: <B>}]\n",
    ),
    (
        "anchor.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: anchor, uid: x}\nstringData: &all {a: &one <C>}\ndata: {<<: *all, a: *one}\n",
    ),
    (
        "twice.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: twice}\nstringData: {a: <C>}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: twice}\nstringData: {a: <C>}\n",
    ),
    (
        "neighbour.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: neighbour}\nstringData:\n  a: <C>\n  b: <C>\n---\nkind: ConfigMap\nmetadata: {name: next}\n---\napiVersion: v1\nkind: Secret\nstringData: {c: <C>}\nmetadata: {name: after}\n",
    ),
    (
        "list.yaml",
        true,
        "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: item, uid: x}\n    stringData:\n      a: <C>\n      a: <C>\n  - {apiVersion: v1, kind: Secret, data: {b: <B>}}\n",
    ),
    (
        "secretlist.yaml",
        true,
        "apiVersion: v1\nkind: SecretList\nitems:\n  - metadata: {name: inherits, uid: x}\n    stringData: {a: <C>, a: <C>}\n",
    ),
    (
        "object.json",
        true,
        "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"json\", \"uid\": \"x\"},\n \"stringData\": {\"a\": \"<C>\", \"a\": \"<C>\"}, \"data\": {\"b\": \"<B>\"}}\n",
    ),
    (
        "broken.json",
        true,
        "{\"apiVersion\": \"v1\", \"kind\": \"Secret\",\n \"stringData\": {\"a\": \"<C>\" \"<C>\"}}\nkind: Secret\n",
    ),
    (
        "last-applied.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: applied\n  uid: x\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"kind\":\"Secret\",\"data\":{\"a\":\"<B>\"},\"stringData\":{\"b\":\"<C>\"}}\n    kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"Secret\",\"stringData\":{\"b\":\"<C>\"}}'\n",
    ),
    (
        "unclosed.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: unclosed}\nstringData:\n  a: \"<C>\n  b: <C>\n",
    ),
    ("tab.yaml", true, "apiVersion: v1\nkind: Secret\nmetadata: {name: tab}\nstringData:\n\ta: <C>\n"),
    ("colon.yaml", true, "apiVersion: v1\nkind: Secret\nstringData:\n  a: x: <C>\n"),
    ("alias.yaml", true, "apiVersion: v1\nkind: Secret\nstringData:\n  a: *<C>\n"),
    ("tag.yaml", true, "apiVersion: v1\nkind: Secret\nmetadata: {name: tag, uid: x}\nstringData:\n  a: !!int <C>\n"),
    (
        "separator.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: separator}\nstringData:\n  a: x\n--- <C>\nkind: Secret\n",
    ),
    (
        "after-end.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: ended}\nstringData: {a: <C>}\n...\n<C>: lost\n",
    ),
    ("template.yaml", false, "apiVersion: v1\nkind: Secret\nstringData:\n  {{- if x }}\n  a: <C>\n  {{- end }}\n"),
    (
        "suppressed.yaml",
        true,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: suppressed}\n# portcullis: allow object/plain-secret until=2027-02-01 reason=\"test\"\nstringData: # <C>\n  a: <C>\n",
    ),
    (
        "app/kustomization.yaml",
        false,
        "namespace: a\nnamespace: b\nsecretGenerator:\n  - name: gen\n    literals:\n      - a=<C>\n      - a=<C>\n    literals: [b=<C>]\n    files: [db.yaml, raw=key.json]\n    envs: [secret.yml]\npatches:\n  - path: strategic.yaml\n  - path: six.yaml\n    target: {kind: Secret}\n  - target: {kind: Secret}\n    patch: |-\n      - {op: add, path: /stringData/c, value: <C>}\n  - patch: |-\n      apiVersion: v1\n      kind: Secret\n      metadata: {name: gen}\n      stringData: {d: <C>, d: <C>}\n",
    ),
    ("app/db.yaml", false, "kind: Database\npassword: <C>\npassword: <C>\n"),
    ("app/key.json", false, "{\"key\": \"<C>\", \"key\": \"<C>\"\n"),
    ("app/secret.yml", false, "a=<C>\nkind: \"<C>\n"),
    (
        "app/strategic.yaml",
        false,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: gen}\nstringData:\n  a: <C>\n  a: <C>\n",
    ),
    (
        "app/six.yaml",
        false,
        "- op: replace\n  path: /data/a\n  value: <B>\n  value: <B>\n- {op: add, path: /stringData, value: {a: <C>}\n",
    ),
];

/// Files that are there before: the update changes the value, the deletion makes fixed findings.
const BASE: &[(&str, &str)] = &[
    ("twice/one.yaml", "apiVersion: v1\nkind: Secret\nstringData: {x: <C>}\nmetadata: {name: twice}\ndata: {y: <B>}\n"),
    (
        "block.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: block}\nstringData:\n  a: <C>\n  a: <C>\n  n: <C>\n",
    ),
    (
        "deleted.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: deleted, uid: x}\nstringData:\n  a: <C>\n  a: <C>\n",
    ),
    ("tab.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: tab}\nstringData: {a: <C>}\n"),
];

#[test]
fn no_format_shows_a_secret() {
    let mut canaries = Canaries { state: 0x5EC2_E75A, planted: Vec::new() };
    let mut plant = |path: &str, text: &str| (path.as_bytes().to_vec(), Entry::File(canaries.plant(text).into_bytes()));
    let base: Tree = BASE.iter().map(|(path, text)| plant(path, text)).collect();
    let mut head: Tree = HEAD.iter().map(|(path, _, text)| plant(path, text)).collect();
    // This one stays as it is: a finding elsewhere points to it.
    let stays = b"twice/one.yaml".to_vec();
    head.extend(base.get(&stays).map(|entry| (stays.clone(), entry.clone())));
    let latin =
        canaries.plant("apiVersion: v1\nkind: Secret\nmetadata: {name: latin}\nstringData:\n  a: <C>\u{1}<C>\n");
    let bytes = latin.into_bytes().into_iter().map(|byte| if byte == 1 { 0xFC } else { byte }).collect();
    head.insert(b"latin.yaml".to_vec(), Entry::File(bytes));

    let repo = Repo::new(&base, &head, None);
    let out = |format: &str| repo.root.path().join(format!("report.{format}"));
    let files = FORMATS[1..].iter().map(|format| format!("{format}={}", out(format).display()));
    let args: Vec<String> = ["human".to_owned()].into_iter().chain(files).flat_map(|o| ["-o".to_owned(), o]).collect();
    let run = repo.check(&[&["-v".to_owned()], args.as_slice()].concat());
    assert_eq!(run.defect(), None);

    let report: serde_json::Value = serde_json::from_slice(&fs::read(out("json")).unwrap()).unwrap();
    let places =
        report["findings"].as_array().unwrap().iter().flat_map(|finding| finding["places"].as_array().unwrap());
    let found: HashSet<&str> = places.map(|place| place["location"]["path"].as_str().unwrap()).collect();
    for path in HEAD.iter().filter(|(_, provoked, _)| *provoked).map(|(path, ..)| *path).chain(["deleted.yaml"]) {
        assert!(found.contains(path), "no finding in {path}: the test does not provoke what it should");
    }

    // What would be posted, bodies and all.
    let plan = repo.check(&["-o", "json=/dev/null", "--post", "--dry-run=json"]);
    assert_eq!(plan.defect(), None);
    assert!(plan.stdout.contains("\"comments\":[{"), "the plan has no comments: {}", plan.stdout);

    let fragments = canaries.fragments();
    let texts = FORMATS[1..].iter().map(|format| ((*format).to_owned(), fs::read(out(format)).unwrap()));
    let streams = [("stdout", run.stdout), ("stderr", run.stderr), ("the plan", plan.stdout)];
    let streams = streams.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    for (name, text) in texts.chain(streams) {
        // Line by line: across a line end nobody reads a fragment, and wrapped text is searched without its breaks too.
        let joined: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        for bytes in [&text, &joined] {
            let leak = bytes.windows(FRAGMENT).position(|window| fragments.contains(window));
            let around =
                leak.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 40).min(bytes.len())]));
            assert_eq!(around, None, "{name} shows a part of a secret");
        }
    }
}
