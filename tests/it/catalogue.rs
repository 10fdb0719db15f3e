//! Catalogues of CRDs: `schema pack`, and what is judged by one.

use std::fs;

use crate::support::{Entry, NOW, Repo, Run, Tree, tree};

const WIDGET: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.acme.io }
spec:
  group: acme.io
  names: { kind: Widget, plural: widgets }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { spec: { type: object, properties: { size: { type: integer, minimum: 1 } } } }
";
const OBJECT: &str =
    "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w, namespace: shop }\nspec: { size: 0 }\n";

fn gadget() -> String {
    WIDGET.replace("Widget", "Gadget").replace("widgets", "gadgets").replace("minimum: 1", "pattern: '^a'")
}

fn run(repo: &Repo, args: &[&str]) -> Run {
    let run = repo.portcullis(args);
    assert_eq!(run.defect(), None);
    run
}

#[track_caller]
fn says(run: &Run, code: i32, words: &[&str]) {
    let text = run.text();
    assert_eq!(run.code, Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let repo = Repo::empty();
    for (path, text) in files {
        repo.write(&format!("crds/{path}"), text);
    }
    says(&run(&repo, &["schema", "pack", "crds", "-o", "all.pack"]), 0, &["all.pack: "]);
    fs::read(repo.path().join("all.pack")).unwrap()
}

#[test]
fn equal_crds_give_equal_files() {
    let one = packed(&[("a.yaml", WIDGET), ("b/b.yaml", &gadget())]);
    let list = |text: &str| format!("- {}\n", text.trim_end().replace('\n', "\n  "));
    let other =
        packed(&[("list.yml", &format!("apiVersion: v1\nkind: List\nitems:\n{}{}", list(&gadget()), list(WIDGET)))]);
    assert!(one == other);
    let header = String::from_utf8_lossy(&one);
    assert!(header.starts_with("portcullis catalogue 2\n2 kinds, 0 JSON Schemas\nbody "), "{header}");
    assert!(header.contains("\nacme.io/v1 Gadget\nacme.io/v1 Widget\n\n"), "{header}");
}

#[test]
fn what_cannot_be_packed_is_told() {
    let repo = Repo::empty();
    repo.write("crds/good.yaml", WIDGET);
    repo.write("crds/bad.yaml", &format!("# two\n---\n{}", gadget().replace("^a", "a(?=b)")));
    repo.write("crds/kustomization.yaml", "resources: [good.yaml]\n");
    let pack = |more: &[&str]| run(&repo, &[&["schema", "pack", "crds", "-o", "all.pack"], more].concat());
    says(&pack(&[]), 2, &["crds/bad.yaml:17: ", "gadgets.acme.io", "a(?=b)", "nothing is written"]);
    assert!(!repo.path().join("all.pack").exists());
    says(&pack(&["--skip-invalid"]), 0, &["1 left out", "1 passed over: neither CRD nor JSON Schema"]);
    says(&run(&repo, &["schema", "list", "all.pack"]), 0, &["acme.io/v1", "Widget"]);
    says(&run(&repo, &["schema", "show", "Widget.spec", "--catalog", "all.pack"]), 0, &["size", "integer, at least 1"]);
    says(&run(&repo, &["schema", "pack", "crds/kustomization.yaml", "-o", "none.pack"]), 2, &["nothing is written"]);
    says(&run(&repo, &["schema", "pack", "nowhere", "-o", "none.pack"]), 2, &["nowhere: it cannot be read"]);
}

#[test]
fn two_crds_of_a_kind_must_agree() {
    let repo = Repo::empty();
    repo.write("crds/a.yaml", WIDGET);
    repo.write("crds/b.yaml", &WIDGET.replace("minimum: 1", "minimum: 2"));
    let run = run(&repo, &["schema", "pack", "crds", "-o", "all.pack"]);
    says(&run, 2, &["crds/b.yaml:1: acme.io/Widget is defined here and, otherwise, in crds/a.yaml:1"]);
}

/// A repository whose config names a catalogue, and a change that adds an object.
fn with_catalogue(catalogue: Vec<u8>) -> Repo {
    let mut base = tree(&[("portcullis.yaml", "version: 1\nschemas: [vendor/all.pack]\n")]);
    base.insert(b"vendor/all.pack".to_vec(), Entry::File(catalogue));
    let mut head: Tree = base.clone();
    head.extend(tree(&[("apps/w.yaml", OBJECT)]));
    Repo::new(&base, &head, None)
}

fn judged_by(catalogue: Vec<u8>) -> Run {
    run(&with_catalogue(catalogue), &["check", "main..pr", "--now", NOW, "--no-cache"])
}

#[test]
fn a_catalogue_judges() {
    let run = judged_by(packed(&[("a.yaml", WIDGET)]));
    says(&run, 1, &["spec.size: Invalid value: 0: spec.size in body", "the catalogue vendor/all.pack"]);
    says(&judged_by(packed(&[("a.yaml", &gadget())])), 0, &["acme.io/v1 Widget", "vendor/all.pack", "schema pack"]);
}

/// A file that is named and is no manifest is a catalogue, whatever its name.
#[test]
fn a_catalogue_may_have_any_name() {
    let repo = Repo::empty();
    repo.write("crds/a.yaml", WIDGET);
    repo.write("all/w.yaml", OBJECT);
    repo.write("all/portcullis.yaml", "version: 1\nschemas: [crds.catalogue]\n");
    says(&run(&repo, &["schema", "pack", "crds", "-o", "all/crds.catalogue"]), 0, &["1 kind,"]);
    says(&run(&repo, &["check", "all"]), 1, &["spec.size: Invalid value: 0", "the catalogue crds.catalogue"]);
    // The config of a folder that has no trust commit is its own.
    repo.write("all/portcullis.yaml", "version: 1\nschemas: [{use: crds}]\n");
    says(&run(&repo, &["check", "all"]), 2, &["the config cannot be read", "`schemas[0]` is a mapping"]);
}

const SIZED: &str = r#"{"description":"A widget","properties":{"spec":{"properties":{"size":{"$ref":"../sizes.json#/definitions/size"},
    "description":{"type":"string","default":{"description":"kept"}}}}}}"#;
const SIZES: &str = r#"{"definitions":{"size":{"type":"integer","minimum":1}}}"#;

#[test]
fn json_schemas_are_packed() {
    let files = [("acme.io/widget_v1.json", SIZED), ("sizes.json", SIZES), ("package.json", "{\"name\":\"x\"}")];
    let file = packed(&files);
    let header = String::from_utf8_lossy(&file).into_owned();
    assert!(header.contains("\n0 kinds, 2 JSON Schemas\n"), "{header}");
    assert!(header.contains("\nacme.io/widget_v1.json\nsizes.json\n\n"), "{header}");
    assert!(!header.contains("A widget") && header.contains("kept"), "{header}");
    says(&judged_by(file), 1, &["spec.size", "the catalogue vendor/all.pack"]);
    let repo = Repo::empty();
    repo.write("crds/acme.io/widget_v1.json", SIZED);
    let pack = |more: &[&str]| run(&repo, &[&["schema", "pack", "crds", "-o", "all.pack"], more].concat());
    says(&pack(&[]), 2, &["crds/acme.io/widget_v1.json: ", "sizes.json", "nothing is written"]);
    repo.write("crds/sizes.json", SIZES);
    repo.write("crds/acme.io/gadget_v1.json", "{");
    says(&pack(&[]), 2, &["crds/acme.io/gadget_v1.json: it is no JSON", "nothing is written"]);
    says(&pack(&["--skip-invalid"]), 0, &["all.pack: 2 JSON Schemas", "1 left out"]);
    says(&run(&repo, &["schema", "list", "all.pack"]), 0, &["acme.io/widget_v1.json", "JSON Schema"]);
}

/// The work tree's file is read instead of the commit's where it is the same, and only there.
#[test]
fn the_catalogue_is_the_commits_whatever_lies_in_the_work_tree() {
    let repo = with_catalogue(packed(&[("a.yaml", WIDGET)]));
    let judges = || {
        says(&run(&repo, &["check", "main..pr", "--now", NOW, "--no-cache"]), 1, &["spec.size: Invalid value: 0"]);
    };
    let file = repo.path().join("vendor/all.pack");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, packed(&[("a.yaml", WIDGET)])).unwrap();
    judges();
    fs::write(&file, packed(&[("a.yaml", &WIDGET.replace("minimum: 1", "minimum: 0"))])).unwrap();
    judges();
    fs::remove_file(&file).unwrap();
    judges();
}

#[test]
fn a_broken_catalogue_is_no_pass() {
    let file = packed(&[("a.yaml", WIDGET)]);
    let at = ["portcullis.yaml: line 2", "vendor/all.pack", "make it anew"];
    let is_told = |file: Vec<u8>, why: &str| says(&judged_by(file), 2, &[&at[..], &[why]].concat());
    is_told(file[..file.len() - 20].to_vec(), "truncated");
    let mut damaged = file.clone();
    *damaged.last_mut().unwrap() ^= 1;
    is_told(damaged, "damaged");
    let mut newer = file.clone();
    newer["portcullis catalogue ".len()] = b'9';
    is_told(newer, "format \"9\"");
    is_told(b"hello\n".to_vec(), "it is no");
}

/// A level of fields with defaults, each with the next level in it.
fn defaults(levels: usize) -> String {
    if levels == 0 {
        return "{type: string, default: x}".to_owned();
    }
    let inner = defaults(levels - 1);
    let fields: Vec<String> = (0..20).map(|index| format!("f{index}: {inner}")).collect();
    format!("{{type: object, default: {{}}, properties: {{{}}}}}", fields.join(", "))
}

#[test]
fn defaults_without_end_do_not_judge_and_do_not_fill_the_memory() {
    let repo = Repo::empty();
    let schema =
        format!("{{type: object, properties: {{spec: {{type: object, additionalProperties: {}}}}}}}", defaults(3));
    repo.write(
        "all/crd.yaml",
        &format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.acme.io}}\nspec:\n  \
             group: acme.io\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n  versions:\n  - {{name: v1, \
             served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}\n"
        ),
    );
    let items: Vec<String> = (0..1000).map(|index| format!("k{index}: {{}}")).collect();
    repo.write(
        "all/w.yaml",
        &format!("apiVersion: acme.io/v1\nkind: Widget\nmetadata: {{name: w}}\nspec:\n  {}\n", items.join("\n  ")),
    );
    let run = run(&repo, &["check", "all"]);
    says(&run, 2, &["too-large", "so large together that not everything was checked"]);
}
