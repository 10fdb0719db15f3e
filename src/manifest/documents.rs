//! What a document is, by what it says: an object, or why it is none.

use super::object::group_of;
use super::scope;
use crate::finding::Reason;
use crate::schema::table;
use crate::yaml::{Document, Kind, Value};

/// API groups whose files look like objects and are read by a program, never applied to a cluster.
const FILE_FORMATS: &[(&str, &str)] = &[
    ("apiserver.config.k8s.io", "a configuration file of the API server"),
    ("audit.k8s.io", "an audit policy file of the API server"),
    ("builtin", "a configuration of kustomize's own plugins"),
    ("client.authentication.k8s.io", "a credential for kubectl"),
    ("config.kubernetes.io", "a function of kustomize"),
    ("kind.x-k8s.io", "a configuration of kind"),
    ("kubeadm.k8s.io", "a configuration of kubeadm"),
    ("kubelet.config.k8s.io", "a configuration of the kubelet"),
    ("kubeproxy.config.k8s.io", "a configuration of kube-proxy"),
    ("kubescheduler.config.k8s.io", "a configuration of the scheduler"),
    ("score.dev", "a workload for Score"),
    ("skaffold", "a configuration of Skaffold"),
];

/// Files of programs that call themselves something, with metadata, and that have no `apiVersion`.
const FILE_KINDS: &[(&str, &str)] = &[
    ("UDSBundle", "a bundle of UDS"),
    ("ZarfInitConfig", "a package of Zarf"),
    ("ZarfPackageConfig", "a package of Zarf"),
];

/// API groups of test suites.
const TEST_FORMATS: &[(&str, &str)] = &[
    ("chainsaw.kyverno.io", "chainsaw"),
    ("cli.kyverno.io", "the kyverno CLI"),
    ("kuttl.dev", "kuttl"),
    ("test.gatekeeper.sh", "gator"),
];

fn is_like_metadata(key: &str) -> bool {
    strsim::damerau_levenshtein(key, "metadata") <= 2
}

/// The group is one of Kubernetes' own. The core group has one version, so that with another one (Talos' `v1alpha1`) the
/// kind must be known.
fn is_of_kubernetes(api_version: &str, kind: &str) -> bool {
    let is_core = !api_version.contains('/');
    let is_known = || table::Kind::all().any(|known| known.kind() == kind);
    scope::is_builtin_group(group_of(api_version)) && (!is_core || matches!(api_version, "" | "v1") || is_known())
}

/// A file format that says of itself that it is for kustomize's eyes only.
fn is_local(root: Value<'_>) -> bool {
    let group = root.get("apiVersion").and_then(Value::as_str).map(group_of).unwrap_or_default();
    let annotation = root.path(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
    FILE_FORMATS.iter().any(|(known, _)| *known == group)
        && annotation.and_then(Value::as_str).is_some_and(|text| text != "false")
}

/// What a file is that no group tells from an object of Kubernetes.
fn file_of_a_program(root: Value<'_>, api_version: &str, kind: &str) -> Option<&'static str> {
    let has = |key: &str| root.get(key).is_some_and(|value| !value.is_null());
    match (api_version, kind) {
        ("v1", "Config") if has("clusters") && !has("metadata") => Some("a kubeconfig"),
        ("v1", "") if has("baseDomain") => Some("a configuration of OpenShift's installer"),
        ("v1alpha1" | "v1beta1", "AgentConfig") => Some("a configuration of OpenShift's installer"),
        ("", kind) if kind.starts_with(|c: char| c.is_lowercase()) && (has("version") || has("type")) => {
            Some("a resource of another program")
        }
        ("", kind) => FILE_KINDS.iter().find(|(name, _)| *name == kind).map(|(_, what)| *what),
        _ => None,
    }
}

/// Why a document is no object. Whoever is `used` to nothing else, kustomize and Flux, takes each for one.
/// Why a document is no object; `used`: a kustomization takes it.
pub(super) fn why_no_object(document: &Document, used: bool) -> Option<(Reason, String)> {
    let root = document.root();
    if used {
        return is_local(root).then(|| (Reason::NotAnObject, "for kustomize alone, which leaves it out".to_owned()));
    }
    if root.kind() == Kind::Sequence {
        let is_patch =
            root.items().len() > 0 && root.items().all(|item| item.get("op").is_some() && item.get("path").is_some());
        return Some(if is_patch {
            (Reason::Patch, "a JSON6902 patch that no kustomization names".to_owned())
        } else {
            (Reason::NotAnObject, "a list".to_owned())
        });
    }
    if root.kind() != Kind::Mapping {
        return Some((Reason::NotAnObject, "a scalar".to_owned()));
    }
    let has = |key: &str| root.get(key).is_some_and(|value| !value.is_null());
    let is_mapping = |key: &str| root.get(key).is_some_and(|value| value.kind() == Kind::Mapping);
    if !used && !has("metadata") && has("patch") && has("patchType") {
        return Some((Reason::Patch, "a patch as a SyncSet of Hive holds it".to_owned()));
    }
    let api_version = root.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let group = if api_version.contains('/') { group_of(api_version) } else { api_version };
    let kind = root.get("kind").and_then(Value::as_str).unwrap_or_default();
    if (api_version, kind) == ("v1", "Template") && has("objects") && !used {
        // The server has had it in a group of its own for long; the client still reads it so.
        return Some((Reason::GoTemplate, "an OpenShift template, of which `oc process` makes objects".to_owned()));
    }
    if group == "kustomize.config.k8s.io" {
        return Some((Reason::Kustomization, format!("a {kind} under another file name")));
    }
    if let Some((_, program)) = TEST_FORMATS.iter().find(|(name, _)| *name == group) {
        return Some((Reason::TestSuite, format!("a test of {program}")));
    }
    if let Some((_, what)) = FILE_FORMATS.iter().find(|(name, _)| *name == group) {
        return Some((Reason::NotAnObject, (*what).to_owned()));
    }
    if let Some(what) = file_of_a_program(root, api_version, kind).filter(|_| !used) {
        return Some((Reason::NotAnObject, what.to_owned()));
    }
    // Programs have configuration files with an apiVersion and a kind of their own (IstioOperator profiles, controllers'
    // settings). Only a misspelled `metadata` makes one of those a broken object.
    if !is_of_kubernetes(api_version, kind) && !root.entries().any(|(key, ..)| is_like_metadata(key)) {
        return Some((Reason::NotAnObject, "no metadata: a configuration file".to_owned()));
    }
    // One of the two alone is a sign of an object only beside metadata: many programs have files with a `kind` or an
    // `apiVersion` of their own.
    let is_object =
        (has("apiVersion") && has("kind")) || ((has("apiVersion") || has("kind")) && is_mapping("metadata"));
    (!is_object).then(|| (Reason::NotAnObject, "neither apiVersion nor kind".to_owned()))
}
