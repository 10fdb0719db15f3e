//! YAML and JSON as the cluster's tools read them.
//!
//! `decode` (bytes → text) → `split` (text → documents, as kubectl's splitter) → `events` (libyaml, the one `unsafe`
//! file) → `compose` (events → arena) with `resolve` (scalars, per [`Dialect`]); `json` reads JSON input into the same
//! arena. The specification is the set of recorded answers in `fixtures/conformance/yaml`.

pub mod document;
pub mod pointer;

pub use document::{Document, Entry, Kind, NodeId, Origin, SourceId, Value};

/// Which program's reading counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `sigs.k8s.io/yaml` over go-yaml v2: kubectl, the API server, Argo CD directories.
    #[default]
    Kubectl,
    /// yaml.v3 nodes: kustomize and Flux.
    Kustomize,
}
