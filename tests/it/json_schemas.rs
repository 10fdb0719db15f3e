//! JSON Schemas of the config's `schemas`: those that cannot be used, and values that nobody knows yet.

use crate::support::{NOW, Repo, Run, tree};

const OBJECT: &str =
    "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w, namespace: shop }\nspec: { size: 0 }\n";
const FOLDER: &str = "version: 1\nschemas: [schemas/]\n";
const SIZED: &str = r#"{"properties":{"spec":{"properties":{"size":{"minimum":1}}}}}"#;

/// A change that adds an object to a repository with these files.
pub(crate) fn judged(files: &[(&str, &str)], object: &str) -> Run {
    let base = tree(files);
    let mut head = base.clone();
    head.extend(tree(&[("apps/w.yaml", object)]));
    let run = Repo::new(&base, &head, None).portcullis(&["check", "main..pr", "--now", NOW, "--no-cache"]);
    assert_eq!(run.defect(), None);
    run
}

#[track_caller]
fn says(run: &Run, code: i32, words: &[&str]) {
    // The terminal's lines break anywhere.
    let text = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(run.code, Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

/// A schema that cannot be used, and why.
#[track_caller]
fn is_no_pass(schema: &str, why: &str) {
    let run = judged(&[("portcullis.yaml", FOLDER), ("schemas/widget_v1.json", schema)], OBJECT);
    says(&run, 2, &["portcullis.yaml: line 2", "the JSON Schema schemas/widget_v1.json cannot be used", why]);
    // One cause, one record.
    let told = run.text().split_whitespace().collect::<Vec<_>>().join(" ").matches("cannot be used").count();
    assert!(told == 1 || why.contains("schemas/"), "{}", run.text());
    assert!(!run.text().contains("schema pack"), "{}", run.text());
}

#[test]
fn what_cannot_be_used_is_no_pass() {
    is_no_pass("{", "it is no JSON: EOF while parsing an object at line 1 column 1");
    is_no_pass(&"[".repeat(100_000), "it is no JSON: recursion limit exceeded");
    is_no_pass(r#"{"type":"objekt"}"#, "it is no JSON Schema");
    is_no_pass(r#"{"properties":{"spec":{"pattern":"(?=a)"}}}"#, "(?=a)");
    is_no_pass(r#"{"$ref":"https://example.com/a.json"}"#, "https://example.com/a.json, and nothing is fetched");
    is_no_pass(r#"{"$ref":"other.json#/definitions/a"}"#, "schemas/other.json");
    is_no_pass(r##"{"$ref":"#/definitions/a"}"##, "/definitions/a");
    let circle = r##"{"$ref":"#/definitions/a","definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"}]},"b":{"$ref":"#/definitions/a"}}}"##;
    is_no_pass(circle, "schemas/widget_v1.json#/definitions/a refers to itself, and says nothing");
}

/// Definitions of which each refers to the one before, `width` times.
fn tower(levels: usize, width: usize) -> String {
    let level = |number: usize| {
        let reference = format!(r##"{{"$ref":"#/definitions/a{}"}}"##, number.saturating_sub(1));
        let inner = if number == 0 { r#"{"required":["x"]}"#.to_owned() } else { vec![reference; width].join(",") };
        format!(r#""a{number}":{{"anyOf":[{inner}]}}"#)
    };
    let all: Vec<String> = (0..levels).map(level).collect();
    let top = levels - 1;
    format!(r##"{{"properties":{{"spec":{{"$ref":"#/definitions/a{top}"}}}},"definitions":{{{}}}}}"##, all.join(","))
}

#[test]
fn schemas_that_ask_for_too_much_are_no_pass() {
    is_no_pass(&tower(60, 2), "with its references followed, it has more than 1000000 parts");
    is_no_pass(&tower(10_000, 1), "its references and levels are more than 1000 deep");
    let run = judged(&[("portcullis.yaml", FOLDER), ("schemas/widget_v1.json", &tower(200, 1))], OBJECT);
    says(&run, 1, &["schemas/widget_v1.json"]);
}

#[test]
fn a_schema_that_takes_too_long_does_not_judge() {
    // It follows itself twice for every level of the object.
    let schema = r##"{"properties":{"spec":{"$ref":"#/definitions/a"}},"definitions":{"a":{"anyOf":[
        {"properties":{"a":{"$ref":"#/definitions/a"}}, "required":["x"]},
        {"properties":{"a":{"$ref":"#/definitions/a"}}, "required":["y"]}]}}}"##;
    let object = format!("{}  {}1{}\n", OBJECT.replace("{ size: 0 }\n", "\n"), "{a: ".repeat(60), "}".repeat(60));
    let run = judged(&[("portcullis.yaml", FOLDER), ("schemas/widget_v1.json", schema)], &object);
    says(&run, 2, &["too-large", "the JSON Schema takes too long to be checked"]);
}

#[test]
fn schemas_that_end_in_themselves_are_harmless() {
    for schema in [
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#"}]}"##,
        r##"{"anyOf":[{"$ref":"#/definitions/a"}],"definitions":{"a":{"not":{"$ref":"#"}}}}"##,
        r##"{"additionalProperties":{"$ref":"#"}}"##,
    ] {
        let run = judged(&[("portcullis.yaml", FOLDER), ("schemas/widget_v1.json", schema)], OBJECT);
        assert!(run.code.is_some_and(|code| code <= 2), "{schema}: {}", run.text());
    }
}

#[test]
fn entries_that_lead_nowhere_are_no_pass() {
    let entry = |entry: &str, why: &[&str]| {
        let config = format!("version: 1\nschemas: ['{entry}']\n");
        says(&judged(&[("portcullis.yaml", &config), ("data/package.json", "{}")], OBJECT), 2, why);
    };
    entry("https://example.com/{{.ResourceKind}}.json", &["line 2", "is an address, and nothing is fetched"]);
    entry("data/{{.Kind}}.json", &["`{{.Kind}}` is no variable of kubeconform's", "{{.ResourceKind}}"]);
    entry("nowhere/{{.ResourceKind}}.json", &["the folder `nowhere`", "holds no JSON file"]);
    entry("data", &["neither CustomResourceDefinitions nor called as kubeconform"]);
}

#[test]
fn a_schema_of_another_group_is_none() {
    let other = SIZED.replacen(
        '{',
        r#"{"x-kubernetes-group-version-kind":[{"group":"b.io","version":"v1","kind":"Widget"}],"#,
        1,
    );
    let run = judged(&[("portcullis.yaml", FOLDER), ("schemas/widget_v1.json", &other)], OBJECT);
    says(&run, 0, &["no-schema", "acme.io/v1 Widget"]);
    let run = judged(&[("portcullis.yaml", FOLDER), ("schemas/widget_v1.json", SIZED)], OBJECT);
    says(&run, 1, &["spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"]);
}

#[test]
fn a_file_is_an_entry() {
    let config = "version: 1\nschemas: [vendor/acme.io/widget_v1.json]\n";
    let run = judged(&[("portcullis.yaml", config), ("vendor/acme.io/widget_v1.json", SIZED)], OBJECT);
    says(&run, 1, &["spec.size: Invalid value: 0", "the JSON Schema vendor/acme.io/widget_v1.json"]);
}

#[test]
fn what_is_not_known_yet_satisfies_the_schema() {
    let config = "version: 1\nschemas: [schemas/]\nsubstitution: ['apps/**']\n";
    let object = OBJECT.replace("size: 0", "size: \"${SIZE}\"");
    let typed = r#"{"properties":{"spec":{"properties":{"size":{"type":"integer"}}}}}"#;
    let run = judged(&[("portcullis.yaml", config), ("schemas/widget_v1.json", typed)], &object);
    says(&run, 0, &["pass"]);
    let whole = r#"{"properties":{"spec":{"enum":[{"size":"1"},{"size":"2"}]}}}"#;
    let run = judged(&[("portcullis.yaml", config), ("schemas/widget_v1.json", whole)], &object);
    assert!(run.text().contains("unknown-value"), "{}", run.text());
}
