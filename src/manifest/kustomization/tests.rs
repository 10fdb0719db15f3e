//! What a kustomization file uses, as kustomize reads it.

use super::*;
use crate::source::Side;
use crate::yaml::{Dialect, read_one};

fn read(text: &str) -> Kustomization {
    let stream = read_one("k".into(), Side::Head, text.as_bytes(), Dialect::Kubectl);
    Kustomization::read(&stream.documents[0])
}

fn uses(text: &str) -> Vec<(String, How)> {
    let found = read(text);
    assert_eq!(found.problem, None, "{text}");
    let shown = |used: &Use| match &used.target {
        Target::Inline => format!("inline {}", &text[used.span.range()]),
        Target::Remote(url) => format!("remote {url}"),
        target => target.at("x/y").map_or("outside".into(), |path| path.as_str().to_owned()),
    };
    found.uses.iter().map(|used| (shown(used), used.how)).collect()
}

#[track_caller]
fn assert_uses(text: &str, expected: &[(&str, How)]) {
    let expected: Vec<_> = expected.iter().map(|(path, how)| ((*path).to_owned(), *how)).collect();
    assert_eq!(uses(text), expected);
}

#[test]
fn every_field_that_names_files_is_read() {
    assert_uses(
        "resources: [a.yaml, ../b, ./c/, ..]\nbases: [../../d]\ncomponents: [../../../e]\n",
        &[
            ("x/y/a.yaml", How::Resource),
            ("x/b", How::Resource),
            ("x/y/c", How::Resource),
            ("x", How::Resource),
            ("d", How::Base),
            ("outside", How::Component),
        ],
    );
    assert_uses(
        "patchesStrategicMerge: [a.yaml, \"kind: A\\nb: c\"]\npatches:\n- path: b.yaml\n- patch: 'x'\npatchesJson6902:\n- {path: c.json}\n",
        &[
            ("x/y/a.yaml", How::Patch(Patch::Strategic)),
            ("inline \"kind: A\\nb: c\"", How::Patch(Patch::Strategic)),
            ("x/y/b.yaml", How::Patch(Patch::Either)),
            ("inline 'x'", How::Patch(Patch::Either)),
            ("x/y/c.json", How::Patch(Patch::Json6902)),
        ],
    );
    assert_uses("patches: [a.yaml]", &[("x/y/a.yaml", How::Patch(Patch::Strategic))]);
    assert_uses(
        "configMapGenerator:\n- files: [a, k=b/c]\n  envs: [d]\n  literals: [e=f]\nsecretGenerator:\n- {env: g, files: [h]}\n",
        &[
            ("x/y/a", How::Generator(Generated::ConfigMapFile)),
            ("x/y/b/c", How::Generator(Generated::ConfigMapFile)),
            ("x/y/d", How::Generator(Generated::ConfigMapEnv)),
            ("x/y/h", How::Generator(Generated::SecretFile)),
            ("x/y/g", How::Generator(Generated::SecretEnv)),
        ],
    );
    assert_uses(
        "helmGlobals: {chartHome: ../charts}\nhelmCharts:\n- name: redis\n  valuesFile: v.yaml\n  additionalValuesFiles: [w.yaml]\n\
         openapi: {path: o.json}\nreplacements:\n- path: r.yaml\n- source: {kind: A}\ncrds: [c.json]\n",
        &[
            ("x/y/c.json", How::Crd),
            ("x/y/r.yaml", How::Replacement),
            ("x/y/o.json", How::OpenApi),
            ("x/charts/redis", How::HelmChart),
            ("x/y/v.yaml", How::HelmValues),
            ("x/y/w.yaml", How::HelmValues),
        ],
    );
}

#[test]
fn remote_notations_are_no_paths() {
    for remote in [
        "https://github.com/a/b//c?ref=v1",
        "github.com/a/b?ref=v1",
        "git@github.com:a/b.git",
        "ssh://git@h/a",
        "git::https://h/a",
        "HTTP://h/x.yaml",
    ] {
        assert_eq!(Target::parse(remote), Target::Remote(remote.to_owned()));
    }
    assert_eq!(Target::parse("/etc/x"), Target::Absolute("/etc/x".to_owned()));
    assert_eq!(Target::parse("a@b.yaml"), Target::Path { up: 0, path: "a@b.yaml".to_owned() });
}

#[test]
fn names_match_in_any_case_and_what_kustomize_refuses_is_told() {
    assert_uses("Resources: [a]\nresources: [b]\nRESOURCES: null\n", &[("x/y/b", How::Resource)]);
    for (text, problem) in [
        ("resource: [a]", "unknown field \"resource\""),
        ("resources: a", "resources: a list is expected, not String"),
        ("resources: [1]", "resources: a text is expected, not Int"),
        ("kind: Deployment\nresources: []", "kind is \"Deployment\", not Kustomization or Component"),
        ("kind: Kustomization", "the kustomization is empty"),
        ("[a]", "the first document is not a mapping"),
        ("", "the first document is empty"),
    ] {
        assert_eq!(read(text).problem.as_deref(), Some(problem));
    }
    assert!(read("kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nresources: []").component);
}

#[test]
fn the_climb_is_that_of_the_farthest_use() {
    assert_eq!(read("resources: [a/../../../b, ../c, https://x/../../..]").climb(), 2);
    assert_eq!(read("resources: [a/b/../c]").climb(), 0);
}
