//! Custom resources whose CRD the change makes stricter: answers of a real kube-apiserver 1.36, which keeps what it has.

use crate::custom_resources::{crd, says, versions};
use crate::support::{NOW, Repo, Run, tree};

/// The spec of a custom resource and its schema, before and after.
struct Change<'c> {
    schema: (&'c str, &'c str),
    spec: (&'c str, &'c str),
}

impl Change<'_> {
    fn judged(&self, apply: &str) -> Run {
        let side = |schema: &str, spec: &str| {
            let schema = format!("{{ type: object, properties: {{ spec: {schema} }} }}");
            let object = format!("apiVersion: acme.io/v1\nkind: Widget\nmetadata: {{ name: w }}\nspec: {spec}\n");
            let config = format!("version: 1\napply: {apply}\n");
            tree(&[("portcullis.yaml", &config), ("crds/widgets.yaml", &crd(&schema)), ("apps/w.yaml", &object)])
        };
        let (base, head) = (side(self.schema.0, self.spec.0), side(self.schema.1, self.spec.1));
        let run = Repo::new(&base, &head, None).portcullis(&["check", "main..pr", "--now", NOW, "--no-cache"]);
        assert_eq!(run.defect(), None);
        run
    }
}

const SPEC: &str = "{ type: object, properties: { size: { type: string }, form: { type: string } } }";
const SIZES: &str = "{ type: object, properties: { size: { type: string, enum: [s] }, form: { type: string } } }";

#[test]
fn an_unchanged_object_stays_and_could_not_be_created_anew() {
    let change = Change { schema: (SPEC, SIZES), spec: ("{ size: m }", "{ size: m }") };
    for apply in ["client-side", "server-side"] {
        let words = ["warning[schema/unsupported-value]", "spec.size: Unsupported value: \"m\"", "created anew"];
        says(&change.judged(apply), 0, &words, &["error["]);
    }
}

#[test]
fn an_object_changed_elsewhere_stays() {
    let change = Change { schema: (SPEC, SIZES), spec: ("{ size: m }", "{ size: m, form: x }") };
    for apply in ["client-side", "server-side"] {
        says(&change.judged(apply), 0, &[], &["Unsupported"]);
    }
    let change = Change { schema: (SPEC, SIZES), spec: ("{ size: m }", "{ size: l }") };
    says(&change.judged("server-side"), 1, &["spec.size: Unsupported value: \"l\""], &[]);
}

#[test]
fn server_side_apply_reads_objects_by_the_new_types() {
    let number = "{ type: object, properties: { size: { type: integer }, form: { type: string } } }";
    let change = Change { schema: (SPEC, number), spec: ("{ size: m }", "{ size: m, form: x }") };
    says(&change.judged("server-side"), 1, &[".spec.size: expected numeric (int or float), got \"m\""], &[]);
    says(&change.judged("client-side"), 0, &["only server-side apply refuses it"], &["error["]);
    // The object that is there, although the new one is fine.
    let change = Change { schema: (SPEC, number), spec: ("{ size: m }", "{ size: 3 }") };
    let words = ["failed to create typed live object: .spec.size: expected numeric (int or float), got \"m\""];
    says(&change.judged("server-side"), 1, &words, &[]);
    says(&change.judged("client-side"), 0, &["only server-side apply refuses it"], &["error["]);
    let change = Change { schema: (SPEC, number), spec: ("{ size: m }", "{ size: m }") };
    says(&change.judged("server-side"), 1, &[".spec.size: expected numeric (int or float), got \"m\""], &[]);
}

#[test]
fn the_old_object_has_the_defaults_of_its_own_schema() {
    let of = |default: &str, more: &str| {
        format!(
            "{{ type: object, properties: {{ size: {{ type: string, default: {default} }}, form: {{ type: string }} }}{more} }}"
        )
    };
    let (before, after) = (of("a", ""), of("b", ", not: { required: [size] }"));
    let change = Change { schema: (&before, &after), spec: ("{}", "{}") };
    // PUT fills in the new default, so the spec is another one; server-side apply leaves what is there.
    says(&change.judged("client-side"), 1, &["must not validate the schema (not)"], &[]);
    says(&change.judged("server-side"), 0, &["only client-side apply refuses it"], &["error["]);
    let required = "{ type: object, required: [size], properties: { size: { type: string }, form: { type: string } } }";
    let change = Change { schema: (&before, required), spec: ("{}", "{ form: x }") };
    says(&change.judged("client-side"), 1, &["spec.size: Required value"], &[]);
    says(&change.judged("server-side"), 0, &[], &["error["]);
}

#[test]
fn server_side_apply_validates_what_it_drops_afterwards() {
    let change = Change { schema: (SPEC, "{ type: object, maxProperties: 0 }"), spec: ("{}", "{ size: m }") };
    says(&change.judged("server-side"), 1, &["spec: Too many: 1: must have at most 0 items"], &[]);
    let free = "{ type: object, x-kubernetes-preserve-unknown-fields: true }";
    let closed = "{ type: object, not: { minProperties: 0 } }";
    let change = Change { schema: (free, closed), spec: ("{ size: m }", "{ size: m, form: x }") };
    says(&change.judged("server-side"), 1, &["must not validate the schema (not)"], &[]);
}

#[test]
fn items_may_come_twice_only_if_they_did() {
    let list = |more: &str| {
        format!(
            "{{ type: object, properties: {{ all: {{ type: array{more}, items: {{ type: object, x-kubernetes-map-type: atomic, properties: {{ a: {{ type: string }} }} }} }} }} }}"
        )
    };
    let (before, after) = (list(""), list(", x-kubernetes-list-type: set"));
    let change = Change { schema: (&before, &after), spec: ("{ all: [{ a: x }] }", "{ all: [{ a: x }, { a: x }] }") };
    says(&change.judged("client-side"), 1, &["spec.all[1]: Duplicate value: {\"a\":\"x\"}"], &[]);
    let twice = "{ all: [{ a: x }, { a: x }] }";
    let change = Change { schema: (&before, &after), spec: (twice, "{ all: [{ a: x }, { a: x }, { a: z }] }") };
    says(&change.judged("client-side"), 0, &[], &["error["]);
    says(
        &change.judged("server-side"),
        1,
        &["element 0: associative list without keys has an element that's a map type"],
        &[],
    );
}

#[test]
fn an_old_object_that_only_server_side_apply_takes_is_there() {
    // Its list holds objects without properties, which the server empties.
    let schema = "{ type: object, properties: { all: { type: array, items: { type: object } } } }";
    let change = Change { schema: (schema, schema), spec: ("{ all: [{ a: x }] }", "{}") };
    says(&change.judged("server-side"), 1, &["spec: Invalid value: \"null\""], &[]);
}

#[test]
fn an_empty_list_with_keys_stays_where_nothing_was() {
    let schema = "{ type: object, properties: { all: { type: array, x-kubernetes-list-type: set, items: { type: string } }, form: { type: string } } }";
    let required = format!("{{ required: [all], {}", &schema[2..]);
    for schema in [schema, &required] {
        let change = Change { schema: (schema, schema), spec: ("{}", "{ all: [] }") };
        says(&change.judged("server-side"), 0, &[], &["error["]);
    }
    // What held an item is gone with its last one.
    let change = Change { schema: (&required, &required), spec: ("{ all: [a], form: x }", "{ all: [], form: x }") };
    says(&change.judged("server-side"), 1, &["spec.all: Required value"], &[]);
    // So is what held nothing else that somebody owns, when the last of that goes.
    let change = Change { schema: (&required, &required), spec: ("{ all: [], form: x }", "{}") };
    says(&change.judged("server-side"), 0, &[], &["error["]);
    says(&change.judged("client-side"), 1, &["spec.all: Required value"], &[]);
}

#[test]
fn an_object_is_kept_in_the_version_that_is_stored() {
    let of = |more: &str| {
        format!(
            "{{ type: object, properties: {{ spec: {{ type: object, required: [size], properties: {{ size: {{ type: string }}{more} }} }} }} }}"
        )
    };
    let old = of(", form: { type: string, default: round }");
    let crd = |conversion: &str| {
        format!("{}  conversion: {conversion}\n", versions(&[("v1beta1", &old, false), ("v1", &of(""), true)]))
    };
    let judged = |conversion: &str| {
        let side = |spec: &str| {
            let object = format!("apiVersion: acme.io/v1beta1\nkind: Widget\nmetadata: {{ name: w }}\nspec: {spec}\n");
            tree(&[("crds/widgets.yaml", &crd(conversion)), ("apps/w.yaml", &object)])
        };
        let repo = Repo::new(&side("{ size: m }"), &side("{}"), None);
        repo.portcullis(&["check", "main..pr", "--now", NOW, "--no-cache"])
    };
    // The version that is stored has no form, so that nothing is left of the spec without its size.
    says(&judged("{ strategy: None }"), 1, &["error[schema/wrong-type] spec: Invalid value: \"null\""], &[]);
    // What a webhook makes of it is not known.
    let webhook = "{ strategy: Webhook, webhook: { conversionReviewVersions: [v1], clientConfig: { url: \"https://example.com/\" } } }";
    says(&judged(webhook), 1, &["spec.size: Required value"], &["null"]);
}
