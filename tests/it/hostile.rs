//! Hostile input: whatever lies in the head, the binary answers in time, within its memory, with a clear message and
//! the right exit code, and goes on to judge the other files.

use std::path::Path;

use regex::Regex;

use crate::support::{DEADLINE, Entry, Repo, Run, tree, tree_of};

/// Peak of resident memory that no input may exceed.
const MEMORY_MIB: u64 = 300;

/// A good file with an advice in it: it shows that a hostile neighbour does not end the walk.
pub(crate) const WITNESS: (&str, &str) =
    ("zz/witness.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: witness}\nstringData: {a: b}\n");

/// One hostile file of the head.
struct Input {
    /// What it is, for the failure's message.
    name: &'static str,
    path: &'static str,
    entry: Entry,
    /// Exit codes that are right. More than one where a limit of ours may refuse what the cluster could read.
    exit: &'static [i32],
    /// A regular expression that the output must match, any letter case.
    says: &'static str,
}

const HEADER: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hostile\n  namespace: shop\n";

fn manifest(rest: &str) -> Entry {
    Entry::from(format!("{HEADER}{rest}").as_str())
}

fn input(name: &'static str, entry: Entry, exit: &'static [i32], says: &'static str) -> Input {
    Input { name, path: "apps/hostile.yaml", entry, exit, says }
}

fn lines(numbers: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.map(line).collect()
}

fn config_map(index: usize) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: item-{index}\n  namespace: shop\ndata:\n  index: \"{index}\"\n  text: {}\n",
        "x".repeat(180)
    )
}

/// A file of `count` documents with `separator` between them.
fn documents(count: usize, separator: &str) -> String {
    (0..count).map(config_map).collect::<Vec<_>>().join(separator)
}

fn alias_bomb() -> String {
    let levels = lines(1..30, |n| format!("  l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(", ")));
    format!("{HEADER}data:\n  l0: &l0 [x]\n{levels}")
}

/// What is deep or big.
fn big() -> Vec<Input> {
    let keys = lines(0..500_000, |n| format!("  k{n}: v\n"));
    let block = lines(1..3_000, |depth| format!("{}a:\n", " ".repeat(depth)));
    let anchors = lines(0..50_000, |n| format!("  a{n}: &a{n} x\n"));
    let merges = lines(1..5_000, |n| format!("x{n}: &x{n}\n  <<: *x{}\n", n - 1));
    let nested = format!("data: {}{}\n", "[".repeat(9_000), "]".repeat(9_000));
    vec![
        input("flow nesting", manifest(&format!("data: {}\n", "[".repeat(100_000))), &[1], "yaml/syntax"),
        input(
            "closed flow nesting",
            manifest(&format!("data: {}{}\n", "[".repeat(100_000), "]".repeat(100_000))),
            &[1],
            "yaml/syntax.*|depth|nest",
        ),
        input("mapping nesting", manifest(&format!("data: {}\n", "{a: ".repeat(100_000))), &[1], "yaml/syntax"),
        input("sequence nesting", manifest(&format!("data:\n  {}x\n", "- ".repeat(100_000))), &[1], "yaml/syntax"),
        input("block nesting", manifest(&format!("data:\n{block}")), &[0, 1, 2], ""),
        input("nesting within kubectl's limit", manifest(&nested), &[0, 1, 2], ""),
        Input {
            path: "apps/deep.json",
            ..input(
                "JSON nesting",
                Entry::from(format!("{{\"apiVersion\": \"v1\",\n\"kind\": {}", "[".repeat(100_000)).as_str()),
                &[1, 2],
                "yaml/syntax|depth|nest",
            )
        },
        input("alias bomb", Entry::from(alias_bomb().as_str()), &[1], "alias"),
        input("anchors without number", manifest(&format!("data:\n{anchors}")), &[0], ""),
        input("merge chain", manifest(&format!("x0: &x0 {{a: b}}\n{merges}")), &[0, 1], ""),
        input(
            "20 MB scalar",
            manifest(&format!("data:\n  big: {}\n", "x".repeat(20 << 20))),
            &[1, 2],
            "schema/too-long|too-large",
        ),
        input(
            "20 MB block scalar",
            manifest(&format!("data:\n  big: |\n{}", format!("    {}\n", "x".repeat(99)).repeat(200_000))),
            &[1, 2],
            "schema/too-long|too-large",
        ),
        input("20 MB comment", manifest(&format!("# {}\n", "x".repeat(20 << 20))), &[0, 2], ""),
        input("20 MB of line ends", manifest(&"\n".repeat(20 << 20)), &[0, 2], ""),
        input("500,000 keys", manifest(&format!("data:\n{keys}")), &[0, 2], ""),
        input(
            "500,000 equal keys",
            manifest(&format!("data:\n{}", "  k: v\n".repeat(500_000))),
            &[1, 2],
            "yaml/duplicate-key|too-large",
        ),
        input("100,000 documents", Entry::from(documents(100_000, "---\n").as_str()), &[0, 2], ""),
        input(
            "100,000 equal documents",
            Entry::from(format!("{}---\n", config_map(1)).repeat(100_000).as_str()),
            &[1, 2],
            "object/duplicate-in-file|too-large",
        ),
        input("200,000 separators", manifest(&"---\n".repeat(200_000)), &[0], ""),
        input(
            "100,000 broken documents",
            Entry::from(format!("{HEADER}{}", "---\na: b: c\n".repeat(100_000)).as_str()),
            &[1, 2],
            "yaml/syntax|too-large",
        ),
        input(
            "List of 50,000",
            Entry::from(
                format!(
                    "apiVersion: v1\nkind: List\nitems:\n{}",
                    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n".repeat(50_000)
                )
                .as_str(),
            ),
            &[0, 1, 2],
            "",
        ),
        input(
            "nested lists",
            Entry::from(
                format!("{}{{}}{}", "{apiVersion: v1, kind: List, items: [".repeat(3_000), "]}".repeat(3_000)).as_str(),
            ),
            &[0, 1, 2],
            "",
        ),
        input("long key", manifest(&format!("data:\n  {}: x\n", "k".repeat(2_000))), &[1], "yaml/syntax"),
        input(
            "5,000 suppressions",
            manifest(&"# portcullis: allow yaml/duplicate-key reason=\"x\" until=2027-02-01\n".repeat(5_000)),
            &[0, 1],
            "",
        ),
    ]
}

/// Encodings and line ends.
fn encodings() -> Vec<Input> {
    let utf16 =
        |text: &str| std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut cut = utf16(HEADER);
    cut.pop();
    let bytes = |text: &[u8]| Entry::File([HEADER.as_bytes(), text].concat());
    vec![
        input("NUL in a value", bytes(b"data: {a: \"x\0y\"}\n"), &[1, 2], "control character|binary|NUL"),
        input("NUL behind the document", bytes(b"\0\0\0\0"), &[1, 2], "control character|binary|NUL"),
        input("nothing but NUL", Entry::File(vec![0; 100_000]), &[2], "binary"),
        input("escape sequence", bytes(b"# \x1b[2J\x1b]0;owned\x07\n"), &[1, 2], "control character|binary"),
        input("truncated UTF-16", Entry::File(cut), &[1], "yaml/invalid-utf8"),
        input(
            "lone surrogate",
            Entry::File([utf16(HEADER), b"#\0\x00\xd8\n\0".to_vec()].concat()),
            &[1],
            "yaml/invalid-utf8",
        ),
        input("nothing but a byte order mark", Entry::File(vec![0xEF, 0xBB, 0xBF]), &[0], ""),
        input(
            "invalid UTF-8 everywhere",
            bytes(&[&b"data: {a: "[..], &[0xFF; 1_000], b"}\n"].concat()),
            &[1],
            "yaml/invalid-utf8",
        ),
        input("overlong UTF-8", bytes(b"data: {a: \xC0\xAF}\n"), &[1], "yaml/invalid-utf8"),
        // libyaml and go-yaml break lines at a lone CR, git does not: everything is on line 1.
        input("old Mac line ends", Entry::from(HEADER.replace('\n', "\r").as_str()), &[0], ""),
        input(
            "old Mac line ends, broken",
            Entry::from(format!("{HEADER}data: {{a: b: c]\n").replace('\n', "\r").as_str()),
            &[1],
            "yaml/syntax",
        ),
        input(
            "mixed line ends",
            Entry::from(HEADER.replace("kind: ConfigMap\n", "kind: ConfigMap\r\n").as_str()),
            &[0],
            "",
        ),
        input("unicode line ends", manifest("data: {a: \"x\u{2028}y\u{85}z\"}\n"), &[0], ""),
        input(
            "right-to-left override",
            manifest("data: {a: \"\u{202e}txt.exe\"}\ndata: {}\n"),
            &[1],
            "yaml/duplicate-key",
        ),
        input(
            "workflow commands",
            manifest("data:\n  \"::set-output name=x::y\": a\n  \"::set-output name=x::y\": b\n"),
            &[1],
            "yaml/duplicate-key",
        ),
    ]
}

/// Documents, well-formed or not, that trip other tools.
fn shapes() -> Vec<Input> {
    vec![
        input("no kind, no end", Entry::from("kind: "), &[0], ""),
        input(
            "object whose kind is misspelled",
            Entry::from(HEADER.replace("ConfigMap", "ConfgiMap").as_str()),
            &[1],
            "schema/unknown-kind",
        ),
        input("null item in a list", Entry::from("apiVersion: v1\nkind: List\nitems: [null, 3, {}]\n"), &[0, 1, 2], ""),
        input("items that is no list", Entry::from("apiVersion: v1\nkind: List\nitems: {a: b}\n"), &[0, 1, 2], ""),
        input(
            "list with a violation",
            Entry::from(
                "apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n  apiVersion: v1\n  metadata: {name: a}\n  data: {a: b, a: c}\n",
            ),
            &[1],
            r"hostile\.yaml:7",
        ),
        input("object twice", Entry::from(format!("{HEADER}---\n{HEADER}").as_str()), &[1], "object/duplicate-in-file"),
        input(
            "a broken document beside good ones",
            Entry::from(
                format!("{HEADER}---\nkind: a: b\n---\n{}", HEADER.replace("namespace: shop", "uid: x")).as_str(),
            ),
            &[1],
            "object/server-owned-field",
        ),
        Input {
            path: "apps/twice.json",
            ..input(
                "JSON with a field twice",
                Entry::from(
                    "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\", \"name\": \"b\"}}",
                ),
                &[1],
                "yaml/duplicate-key",
            )
        },
        Input {
            path: "apps/two.json",
            ..input(
                "two JSON values",
                Entry::from(
                    "{\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": {\"name\": \"a\"}}\n{\"apiVersion\": \"v1\", \"kind\": \"B\", \"metadata\": {}}\n",
                ),
                &[1],
                "object/missing-name",
            )
        },
        Input {
            path: "apps/kustomization.yaml",
            ..input(
                "kustomization that includes itself",
                Entry::from("resources: [., .., ../apps, ../../../../etc, http://example.invalid/x]\n"),
                &[0, 1, 2],
                "",
            )
        },
        Input {
            path: "apps/kustomization.yaml",
            ..input("kustomization that is a list", Entry::from("- a\n- b\n"), &[0, 1, 2], "")
        },
        Input { path: "Chart.yaml", ..input("chart at the top", Entry::from("kind: [\n"), &[0], "") },
        Input {
            path: ".sops.yaml",
            ..input(
                "rules of SOPS with a bad expression",
                Entry::from("creation_rules: [{path_regex: '(', encrypted_regex: '['}, 3]\n"),
                &[0, 1, 2],
                "",
            )
        },
    ]
}

/// Links, submodules and paths.
fn paths() -> Vec<Input> {
    vec![
        Input {
            path: "apps/link.yaml",
            ..input("dangling link", Entry::Symlink(b"nowhere.yaml".to_vec()), &[2], "symlink")
        },
        Input {
            path: "apps/link.yaml",
            ..input("link to itself", Entry::Symlink(b"link.yaml".to_vec()), &[2], "symlink")
        },
        Input {
            path: "apps/link.yaml",
            ..input("link out of the repository", Entry::Symlink(b"/etc/passwd".to_vec()), &[2], "symlink")
        },
        Input { path: "apps", ..input("link to a folder", Entry::Symlink(b"zz".to_vec()), &[0], "") },
        Input { path: "vendor.yaml", ..input("submodule", Entry::Submodule, &[2], "submodule") },
        Input {
            path: "apps/with space.yaml",
            ..input("space in a path", manifest("data: {}\ndata: {}\n"), &[1], "apps/with space\\.yaml")
        },
        Input {
            path: "apps/zürich/日本.yaml",
            ..input("path that is not ASCII", manifest("data: {}\ndata: {}\n"), &[1], "apps/zürich/日本\\.yaml")
        },
        Input {
            path: "apps/a\nb.yaml",
            ..input("line end in a path", manifest("data: {}\ndata: {}\n"), &[1], r"apps/a\\nb\.yaml")
        },
        Input {
            path: "apps/-rf.yaml",
            ..input("path like an option", manifest("data: {}\ndata: {}\n"), &[1], "-rf\\.yaml")
        },
        Input {
            path: "apps/*?[.yaml",
            ..input("path like a pattern", manifest("data: {}\ndata: {}\n"), &[1], r"\*\?\[\.yaml")
        },
    ]
}

/// More problems in one object than anybody reads.
fn bad_keys() -> [Input; 2] {
    let block = lines(0..100_000, |n| format!("  k/{n}: a\n"));
    let flow = lines(0..100_000, |n| format!("k/{n}: a, "));
    let bad = |name, data: String| input(name, manifest(&data), &[1], "schema/invalid-value");
    [
        bad("100,000 bad keys of a ConfigMap", format!("data:\n{block}")),
        bad("100,000 bad keys on one line", format!("data: {{{flow}}}\n")),
    ]
}

/// The short ones, files of fixtures/hostile: the first line of each is its expectation, `# exit CODE: PATTERN`.
fn files() -> Vec<Input> {
    let mut inputs = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    for (name, entry) in tree_of(&folder) {
        let Entry::File(bytes) = &entry else { continue };
        let name = String::from_utf8(name).unwrap();
        let first = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').next().unwrap()).into_owned();
        let (exit, says) = first.strip_prefix("# exit ").and_then(|rest| rest.split_once(": ")).expect(&name);
        let exit: &'static [i32] = Box::leak(Box::new([exit.parse().unwrap()]));
        inputs.push(input(Box::leak(name.into_boxed_str()), entry, exit, Box::leak(says.to_owned().into_boxed_str())));
    }
    inputs
}

/// What is wrong with a run, if anything.
pub(crate) fn judge(run: &Run, exit: &[i32], says: &str) -> Option<String> {
    let text = run.text();
    let cut: String = text.chars().take(3_000).collect();
    if let Some(defect) = run.defect() {
        return Some(defect.chars().take(3_000).collect());
    }
    let wrong = if !run.code.is_some_and(|code| exit.contains(&code)) {
        format!("exit code {:?}, expected {exit:?}", run.code)
    } else if !Regex::new(&format!("(?i){says}")).unwrap().is_match(&text) {
        format!("does not say {says:?}")
    } else if run.cpu > DEADLINE {
        format!("took {:?}", run.cpu)
    } else if run.peak_mib > MEMORY_MIB {
        format!("took {} MiB", run.peak_mib)
    } else if text.contains('\u{1b}') {
        "prints an escape sequence".into()
    } else {
        return None;
    };
    Some(format!("{wrong}\n{cut}"))
}

fn run_all(inputs: Vec<Input>) {
    let mut wrong = Vec::new();
    for Input { name, path, entry, exit, says } in inputs {
        let base = tree(&[]);
        let mut head = tree(&[WITNESS]);
        head.insert(path.as_bytes().to_vec(), entry);
        let run = Repo::new(&base, &head, None).check(&[""; 0]);
        println!("{name:<40} {:?} {:>6} ms {:>4} MiB", run.code, run.cpu.as_millis(), run.peak_mib);
        wrong.extend(judge(&run, exit, says).map(|what| format!("✗ {name}: {what}")));
        if run.code.is_some() && !run.text().contains(WITNESS.0) {
            wrong.push(format!("✗ {name}: it hides {}", WITNESS.0));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn big_input() {
    run_all(big().into_iter().chain(bad_keys()).collect());
}

#[test]
fn malformed_input() {
    run_all([encodings(), shapes(), paths(), files()].into_iter().flatten().collect());
}

#[test]
fn path_that_is_not_utf8() {
    let mut head = tree(&[WITNESS]);
    head.insert(b"apps/z\xFCrich.yaml".to_vec(), manifest("data: {}\ndata: {}\n"));
    let run = Repo::new(&tree(&[]), &head, None).check(&["-o", "human"]);
    assert_eq!(judge(&run, &[1], r"apps/z\\xfcrich\.yaml"), None);
}
