//! `gate/crd-shadows-schema` and `schema/crd-defined-twice`: a CRD beside another one of its kind.

use super::CRD_DEFINED_TWICE;
use crate::check::{Check, Context, Draft, Review, Subject};
use crate::manifest::object::Object;
use crate::rules::Rule;
use crate::rules::gate::CRD_SHADOWS_SCHEMA;
use crate::yaml::Value;

/// Compares the CRDs of a kind.
#[derive(Debug)]
pub struct DefinedTwice;

impl Check for DefinedTwice {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&CRD_SHADOWS_SCHEMA, &CRD_DEFINED_TWICE]
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { new: Some(crd), .. }) = subject else { return };
        if crd.key.kind != "CustomResourceDefinition" || crd.key.group != "apiextensions.k8s.io" {
            return;
        }
        let text = |path: &[&str]| crd.value().path(path).and_then(Value::as_str);
        let (Some(group), Some(kind)) = (text(&["spec", "group"]), text(&["spec", "names", "kind"])) else { return };
        let says =
            |rule, message: String| Draft::at(rule, crd, "/metadata/name", message).detail(format!("{kind}.{group}"));
        if let Some(covering) = resources(crd, group, kind).find_map(|one| context.crds.covered(crd.path(), &one)) {
            let message =
                format!("the change adds a schema of {kind} ({group}) beside the target branch's own: {covering}");
            let help = "objects of the kind must satisfy both; to replace the schema, change or remove that one";
            drafts.push(says(&CRD_SHADOWS_SCHEMA, message).help(help));
        } else if let Some(other) = context.crds.contradicting(crd.path(), group, kind) {
            let message = format!("{kind} ({group}) is defined otherwise in {other}, for the same cluster");
            let help = "keep one of the two, or say in portcullis.yaml which cluster each is for";
            drafts.push(says(&CRD_DEFINED_TWICE, message).help(help));
        }
    }
}

/// An object of each version that the CRD defines, as far as a schema is looked for by it.
fn resources(crd: &Object, group: &str, kind: &str) -> impl Iterator<Item = Object> {
    let versions = crd.value().path(&["spec", "versions"]).into_iter().flat_map(Value::items);
    versions.filter_map(|version| version.get("name")?.as_str()).map(move |version| {
        let mut resource = crd.clone();
        resource.api_version = format!("{group}/{version}");
        kind.clone_into(&mut resource.key.kind);
        resource
    })
}
