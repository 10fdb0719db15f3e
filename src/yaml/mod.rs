//! YAML and JSON as the cluster's tools read them.
//!
//! [`read()`] does it all: `decode` (bytes → text) → `split` (text → documents, as kubectl's splitter) → `scan` (the plain
//! part of YAML → arena, ten times as fast) or, where that gives up, `events` (libyaml, the one `unsafe` file) and
//! `compose` (events → arena). Both build with `scalar`, `resolve` (what scalars mean, per [`Dialect`]) and `mapping`
//! (duplicate and merge keys); `json` reads JSON input into the same arena, `repair` bridges what libyaml refuses and
//! go-yaml reads. The specification is the set of recorded answers in `fixtures/conformance/yaml`; that both readers give
//! the same documents, the tests of `scan` show.

mod build;
mod compose;
mod date;
pub mod decode;
pub mod derive;
pub mod document;
mod events;
mod explain;
mod json;
pub(crate) mod keys;
pub mod limits;
mod mapping;
mod number;
pub mod pointer;
mod read;
mod repair;
mod resolve;
mod scalar;
mod scan;
mod split;
mod value;

pub use document::{Document, Entry, NodeId, Origin, SourceId};
pub use read::{Problem, ProblemKind, Stream, read, read_each, read_one};
pub use value::{Kind, Value};

/// Which program's reading counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `sigs.k8s.io/yaml` over go-yaml v2: kubectl, the API server, Argo CD directories.
    #[default]
    Kubectl,
    /// yaml.v3 nodes: kustomize and Flux.
    Kustomize,
}
