//! Object keys: which object a document speaks of.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The namespace part of an object key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Namespace {
    /// Not written: the agent or the kubeconfig's context decides.
    #[default]
    Unset,
    /// The kind is known to be cluster-scoped.
    Cluster,
    /// Written.
    Named(String),
}

/// Group, kind, namespace and name: the identity of an object. The version is no part of it, and the groups from which
/// kinds moved away (`extensions`) are one with those they moved to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ObjectKey {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: Namespace,
    /// `metadata.name`, or `generateName` with a `*` behind it.
    pub name: String,
}

impl ObjectKey {
    /// It says nothing: what it is of is no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty() && self.name.is_empty()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Namespace::Named(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}
