//! Custom resources where POST and server-side apply differ: answers of a real kube-apiserver 1.36.

use crate::json_schemas;
use crate::support::Run;

/// The CRD of a kind with this schema.
pub(crate) fn crd(schema: &str) -> String {
    versions(&[("v1", schema, true)])
}

/// The CRD of a kind with these versions: names, schemas, and whether it is the one that is stored.
pub(crate) fn versions(all: &[(&str, &str, bool)]) -> String {
    let version = |(name, schema, storage): &(&str, &str, bool)| {
        format!("{{ name: {name}, served: true, storage: {storage}, schema: {{ openAPIV3Schema: {schema} }} }}")
    };
    let versions: Vec<String> = all.iter().map(version).collect();
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{ name: widgets.acme.io }}
spec:
  group: acme.io
  scope: Namespaced
  names: {{ kind: Widget, plural: widgets }}
  versions: [{}]
",
        versions.join(", ")
    )
}

/// A new object of a kind with this schema, applied in this way.
fn judged(schema: &str, apply: &str, object: &str) -> Run {
    let crd = crd(schema);
    let config = format!("version: 1\napply: {apply}\n");
    json_schemas::judged(&[("portcullis.yaml", &config), ("crds/widgets.yaml", &crd)], object)
}

#[track_caller]
pub(crate) fn says(run: &Run, code: i32, words: &[&str], not: &[&str]) {
    let text = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(run.code, Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
    for word in not {
        assert!(!text.contains(word), "{word:?} in:\n{text}");
    }
}

#[test]
fn a_resource_without_properties_takes_no_field_either_way() {
    let object = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w }\nsize: 1\n";
    for apply in ["client-side", "server-side"] {
        says(&judged("{ type: object }", apply, object), 1, &["unknown field \"size\""], &[]);
    }
    let free = "{ type: object, x-kubernetes-preserve-unknown-fields: true }";
    says(&judged(free, "server-side", object), 0, &[], &["unknown field"]);
    // An inner one may hold anything for server-side apply, which drops it.
    let inner = "{ type: object, properties: { spec: { type: object } } }";
    let object = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w }\nspec: { size: 1 }\n";
    says(&judged(inner, "server-side", object), 0, &[], &["error["]);
    says(&judged(inner, "client-side", object), 1, &["unknown field \"spec.size\""], &[]);
    // What it drops is one finding, however much it is.
    let object =
        "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w }\nspec: { size: 1, form: { round: true } }\n";
    says(&judged(inner, "server-side", object), 0, &["1 info;", "also says: unknown field \"spec.form\""], &[]);
    says(&judged(inner, "client-side", object), 1, &["2 errors;"], &[]);
}

#[test]
fn a_list_is_no_string_to_server_side_apply_whatever_its_format() {
    let schema = "{ type: object, properties: { data: { type: string, format: byte } } }";
    let object = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w }\ndata: [a]\n";
    says(&judged(schema, "server-side", object), 1, &["data: expected string, got [\"a\"]"], &[]);
    says(&judged(schema, "client-side", object), 0, &["only server-side apply refuses it"], &["error["]);
}

#[test]
fn metadata_that_is_null_is_there() {
    let schema = "{ type: object, required: [metadata] }";
    let object = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: null\n";
    let needs_a_name = "metadata.name: Required value: name or generateName is required";
    for apply in ["client-side", "server-side"] {
        says(&judged(schema, apply, object), 1, &[needs_a_name], &["metadata: Required value"]);
    }
}

#[test]
fn what_is_missing_may_come_from_a_webhook() {
    let schema = "{ type: object, required: [spec], properties: { spec: { type: object } } }";
    let object = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w }\n";
    says(&judged(schema, "auto", object), 1, &["spec: Required value", "mutating webhook"], &[]);
}

#[test]
fn a_number_or_text_that_has_a_type_is_of_that_type_to_server_side_apply() {
    let schema = "{ type: object, properties: { port: { type: integer, x-kubernetes-int-or-string: true } } }";
    let object = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: { name: w }\nport: http\n";
    says(&judged(schema, "server-side", object), 1, &[".port: expected numeric (int or float), got \"http\""], &[]);
    says(&judged(schema, "client-side", object), 0, &["only server-side apply refuses it"], &["error["]);
}
