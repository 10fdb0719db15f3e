//! Context-free facts of one file's bytes: what it declares to Flux, Argo CD and the API server, which objects it holds.
//!
//! Facts hold names, paths and kinds, never another value: the store is a file that other tools may back up.

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::folder::Signs;
use crate::manifest::flux_settings::FluxSettings;
use crate::manifest::kustomization::Kustomization;
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Document, Value};

/// What a file declares beside objects to be applied. Empty for most files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declarations {
    /// Flux Kustomizations.
    pub flux: Vec<FluxPath>,
    /// Argo CD sources with a path.
    pub argo: Vec<ArgoPath>,
    /// Custom resource definitions.
    pub crds: Vec<Crd>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// It holds something of Gatekeeper's: templates, constraints, expansions, mutations, the webhook's configuration.
    pub gatekeeper: bool,
    /// Why the rest of the file could not be read.
    pub problem: Option<String>,
}

/// A Namespace and its labels, by which policies are chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`, in the order of the file.
    pub labels: Vec<(String, String)>,
}

/// A Flux `Kustomization` (`kustomize.toolkit.fluxcd.io`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FluxPath {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `spec.path`, as written; absent means the source's top.
    pub path: Option<String>,
    /// `spec.sourceRef`: kind and name. Whether it is this repository, the file does not say.
    pub source: Option<(String, String)>,
    /// What it replaces and decrypts.
    pub settings: FluxSettings,
    /// What `spec.patches` set in the Kustomizations that it deploys.
    pub patches: FluxSettings,
    /// `spec.prune`.
    pub prune: bool,
    /// `spec.force`: what cannot be changed is deleted and created anew.
    pub force: bool,
    /// `spec.targetNamespace`.
    pub target_namespace: Option<String>,
    /// `spec.components`, relative to the path.
    pub components: Vec<String>,
}

/// One source with a path of an Argo CD `Application`, or of the template of an `ApplicationSet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgoPath {
    /// `metadata.name` of the Application or `ApplicationSet`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `repoURL`. Whether it is this repository, the file does not say.
    pub repository: String,
    /// `path`, as written; may hold template holes when `templated`.
    pub path: String,
    /// It comes from an `ApplicationSet`.
    pub templated: bool,
    /// The path globs of the `ApplicationSet`'s git generators (`directories` and `files`), the excluded ones left out.
    pub globs: Vec<String>,
    /// `directory.recurse`.
    pub recurse: bool,
    /// `spec.destination.namespace`.
    pub target_namespace: Option<String>,
    /// `spec.syncPolicy.syncOptions`.
    pub sync_options: Vec<String>,
}

/// A custom resource definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crd {
    /// `spec.group`.
    pub group: String,
    /// `spec.names.kind`.
    pub kind: String,
    /// `spec.names.plural`.
    pub plural: String,
    /// `spec.scope` is `Cluster`.
    pub cluster_scoped: bool,
    /// The names of the served versions, in the order of the file.
    pub versions: Vec<String>,
}

/// An object of a file; items of `List` kinds count as objects of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectFact {
    /// `apiVersion`, as written.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `metadata.name`, or `generateName` with a `*` behind it.
    pub name: String,
    /// Position of its document in the file, from 0.
    pub document: u32,
}

/// The objects of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// In the order of the file.
    pub objects: Vec<ObjectFact>,
    /// Why the rest of the file could not be read.
    pub problem: Option<String>,
}

/// One creation rule of a `.sops.yaml`. All patterns are regular expressions in Go's syntax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SopsRule {
    /// `path_regex`, matched against the path relative to the file's folder; without it every path matches.
    pub path_regex: Option<String>,
    /// `encrypted_regex`: the keys whose values are encrypted.
    pub encrypted_regex: Option<String>,
    /// `unencrypted_regex`: the keys whose values are not.
    pub unencrypted_regex: Option<String>,
    /// `encrypted_suffix`.
    pub encrypted_suffix: Option<String>,
    /// `unencrypted_suffix`.
    pub unencrypted_suffix: Option<String>,
}

/// The webhook that asks Gatekeeper's constraints.
pub(crate) const GATEKEEPER_WEBHOOK: &str = "validation.gatekeeper.sh";

/// The words without which a file declares nothing: looked for before it is parsed.
const SIGNS: [&[u8]; 4] =
    [b"kustomize.toolkit.fluxcd.io", b"argoproj.io", b"CustomResourceDefinition", b"gatekeeper.sh"];

impl Declarations {
    pub(super) fn signs(&self) -> Signs {
        Signs::default()
            .with_if(!self.flux.is_empty(), Signs::FLUX)
            .with_if(!self.argo.is_empty(), Signs::ARGO)
            .with_if(!self.crds.is_empty(), Signs::CRD)
            .with_if(!self.namespaces.is_empty(), Signs::NAMESPACE)
            .with_if(self.gatekeeper, Signs::GATEKEEPER)
            .with_if(self.problem.is_some(), Signs::PROBLEM)
    }

    /// The facts of a file's bytes.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut facts = Self::default();
        // UTF-16 holds a NUL in every such word, so it is read in any case.
        let is_wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
        if !is_wide && !SIGNS.iter().any(|sign| memmem::find(bytes, sign).is_some()) && !names_a_namespace(bytes) {
            return facts;
        }
        facts.problem = each_object(bytes, |_, object| facts.add(object));
        facts
    }

    fn add(&mut self, object: Value<'_>) {
        let (Some(api), Some(kind)) = (text(object, &["apiVersion"]), text(object, &["kind"])) else { return };
        let group = api.split_once('/').map_or("", |(group, _)| group);
        match (group, kind.as_str()) {
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => self.flux.extend(flux(object)),
            ("argoproj.io", "Application") => self.argo_sources(object, object.get("spec"), None),
            ("argoproj.io", "ApplicationSet") => {
                let globs = generator_globs(object);
                self.argo_sources(object, object.path(&["spec", "template", "spec"]), Some(&globs));
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => self.crds.extend(crd(object)),
            ("", "Namespace") => self.namespaces.extend(namespace(object)),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => {
                let mut webhooks = object.get("webhooks").into_iter().flat_map(Value::items);
                let is_gatekeeper =
                    |webhook: Value<'_>| text(webhook, &["name"]).is_some_and(|name| name == GATEKEEPER_WEBHOOK);
                self.gatekeeper |= webhooks.any(is_gatekeeper);
            }
            _ if group.ends_with(".gatekeeper.sh") => self.gatekeeper = true,
            _ => {}
        }
    }

    fn argo_sources(&mut self, object: Value<'_>, spec: Option<Value<'_>>, globs: Option<&[String]>) {
        let Some(spec) = spec else { return };
        let many = spec.get("sources").into_iter().flat_map(Value::items);
        for source in spec.get("source").into_iter().chain(many) {
            let Some(path) = text(source, &["path"]) else { continue };
            self.argo.push(ArgoPath {
                name: text(object, &["metadata", "name"]).unwrap_or_default(),
                namespace: text(object, &["metadata", "namespace"]),
                repository: text(source, &["repoURL"]).unwrap_or_default(),
                path,
                templated: globs.is_some(),
                globs: globs.unwrap_or_default().to_vec(),
                recurse: source.path(&["directory", "recurse"]).and_then(Value::as_bool).unwrap_or(false),
                target_namespace: text(spec, &["destination", "namespace"]),
                sync_options: spec.path(&["syncPolicy", "syncOptions"]).map(texts).unwrap_or_default(),
            });
        }
    }
}

/// The word `Namespace` stands in it, not as a part of another.
fn names_a_namespace(bytes: &[u8]) -> bool {
    const WORD: &[u8] = b"Namespace";
    memmem::find_iter(bytes, WORD).any(|at| {
        let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        !is_part(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_part(bytes.get(at + WORD.len()))
    })
}

fn namespace(object: Value<'_>) -> Option<Namespace> {
    let labels = object.path(&["metadata", "labels"]).into_iter().flat_map(Value::entries);
    let labels = labels.filter_map(|(key, _, value)| Some((key.to_owned(), value.as_str()?.to_owned())));
    Some(Namespace { name: text(object, &["metadata", "name"])?, labels: labels.collect() })
}

fn flux(object: Value<'_>) -> Option<FluxPath> {
    let spec = object.get("spec")?;
    Some(FluxPath {
        name: text(object, &["metadata", "name"]).unwrap_or_default(),
        namespace: text(object, &["metadata", "namespace"]),
        path: text(spec, &["path"]),
        source: text(spec, &["sourceRef", "kind"]).zip(text(spec, &["sourceRef", "name"])),
        settings: FluxSettings::of_spec(spec),
        patches: FluxSettings::of_patches(spec.get("patches")),
        prune: spec.get("prune").and_then(Value::as_bool).unwrap_or(false),
        force: spec.get("force").and_then(Value::as_bool).unwrap_or(false),
        target_namespace: text(spec, &["targetNamespace"]),
        components: spec.get("components").map(texts).unwrap_or_default(),
    })
}

/// The globs of git generators, wherever they stand below `spec.generators` (matrix and merge nest them).
fn generator_globs(object: Value<'_>) -> Vec<String> {
    let mut globs = Vec::new();
    let mut open: Vec<Value<'_>> = object.path(&["spec", "generators"]).into_iter().flat_map(Value::items).collect();
    open.reverse();
    while let Some(generator) = open.pop() {
        for list in ["directories", "files"] {
            for item in generator.path(&["git", list]).into_iter().flat_map(Value::items) {
                if item.get("exclude").and_then(Value::as_bool) != Some(true) {
                    globs.extend(text(item, &["path"]));
                }
            }
        }
        for nest in ["matrix", "merge"] {
            let nested: Vec<_> = generator.path(&[nest, "generators"]).into_iter().flat_map(Value::items).collect();
            open.extend(nested.into_iter().rev());
        }
    }
    globs
}

fn crd(object: Value<'_>) -> Option<Crd> {
    let spec = object.get("spec")?;
    let served = |version: &Value<'_>| version.get("served").and_then(Value::as_bool) != Some(false);
    let mut versions: Vec<String> = spec
        .get("versions")
        .into_iter()
        .flat_map(Value::items)
        .filter(served)
        .filter_map(|version| text(version, &["name"]))
        .collect();
    if versions.is_empty() {
        // apiextensions.k8s.io/v1beta1
        versions.extend(text(spec, &["version"]));
    }
    Some(Crd {
        group: text(spec, &["group"])?,
        kind: text(spec, &["names", "kind"])?,
        plural: text(spec, &["names", "plural"]).unwrap_or_default(),
        cluster_scoped: text(spec, &["scope"]).as_deref() == Some("Cluster"),
        versions,
    })
}

impl Objects {
    /// The facts of a file's bytes.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut objects = Vec::new();
        let problem = each_object(bytes, |document, object| objects.extend(object_fact(document, object)));
        Self { objects, problem }
    }
}

fn object_fact(document: u32, object: Value<'_>) -> Option<ObjectFact> {
    let generated = || text(object, &["metadata", "generateName"]).map(|prefix| prefix + "*");
    Some(ObjectFact {
        api_version: text(object, &["apiVersion"])?,
        kind: text(object, &["kind"])?,
        namespace: text(object, &["metadata", "namespace"]),
        name: text(object, &["metadata", "name"]).or_else(generated).unwrap_or_default(),
        document,
    })
}

/// Visit the mappings of a file as kubectl takes them: one a document, or the items of a kind that ends in `List`.
/// Gives why a part of the file could not be read.
fn each_object(bytes: &[u8], mut visit: impl FnMut(u32, Value<'_>)) -> Option<String> {
    let (_, problems) = yaml::read_each(RepoPath::from(""), Side::Head, bytes, Dialect::Kubectl, &mut |document| {
        let root = document.root();
        let is_list = text(root, &["kind"]).is_some_and(|kind| kind.ends_with("List"));
        match root.get("items").filter(|_| is_list) {
            Some(items) => items.items().for_each(|item| visit(document.index, item)),
            None => visit(document.index, root),
        }
    });
    problems.into_iter().find(|problem| problem.fatal).map(|problem| problem.message)
}

fn text(value: Value<'_>, path: &[&str]) -> Option<String> {
    value.path(path)?.as_str().map(str::to_owned)
}

fn texts(list: Value<'_>) -> Vec<String> {
    list.items().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The creation rules of a `.sops.yaml`, and why they could not be read.
pub(super) fn sops_rules(bytes: &[u8]) -> (Vec<SopsRule>, Option<String>) {
    let document = match only_document(bytes) {
        Ok(document) => document,
        Err(why) => return (Vec::new(), Some(why)),
    };
    let read = |rule: Value<'_>| SopsRule {
        path_regex: text(rule, &["path_regex"]),
        encrypted_regex: text(rule, &["encrypted_regex"]),
        unencrypted_regex: text(rule, &["unencrypted_regex"]),
        encrypted_suffix: text(rule, &["encrypted_suffix"]),
        unencrypted_suffix: text(rule, &["unencrypted_suffix"]),
    };
    (document.root().get("creation_rules").into_iter().flat_map(Value::items).map(read).collect(), None)
}

/// The facts of a kustomization file's bytes. kustomize reads it with `sigs.k8s.io/yaml`, as kubectl reads objects.
pub(super) fn kustomization(bytes: &[u8]) -> Kustomization {
    match only_document(bytes) {
        Ok(document) => Kustomization::read(&document),
        Err(why) => Kustomization::unreadable(why),
    }
}

// Facts hold neither path nor side, because the same bytes may lie anywhere: so no document is told them.

/// The whole input as one document, or why that cannot be read.
fn only_document(bytes: &[u8]) -> Result<Document, String> {
    let stream = yaml::read_one(RepoPath::from(""), Side::Head, bytes, Dialect::Kubectl);
    let problem = stream.problems.into_iter().find(|problem| problem.fatal);
    match (problem, stream.documents.into_iter().next()) {
        (None, Some(document)) => Ok(document),
        (problem, _) => Err(problem.map_or_else(|| "it is empty".to_owned(), |problem| problem.message)),
    }
}
