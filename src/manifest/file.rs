//! One file of one side, read and classified: its objects, its other documents, and what the reader noticed.

use std::sync::Arc;

use super::object::Object;
use crate::finding::Reason;
use crate::source::{RepoPath, Side, Source, Span};
use crate::yaml::document::{DialectDifference, Document};
use crate::yaml::{Dialect, Problem, pointer};

/// What a file is for, as its name, its neighbours and the kustomizations that use it say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its documents may be objects. `used_by`: the kustomizations that list it as a resource, sorted.
    Manifest {
        /// Kustomization files.
        used_by: Vec<RepoPath>,
    },
    /// A kustomization file.
    Kustomization,
    /// A patch. `used_by`: the kustomizations that apply it, sorted.
    Patch {
        /// Kustomization files.
        used_by: Vec<RepoPath>,
    },
    /// Something whose documents are not objects of the cluster, and what it is.
    Other(Reason, String),
}

impl Role {
    /// kustomize reads it: it is one of its own files, or one that it takes.
    #[must_use]
    pub fn read_by_kustomize(&self) -> bool {
        match self {
            Self::Manifest { used_by } => !used_by.is_empty(),
            Self::Kustomization | Self::Patch { .. } => true,
            Self::Other(..) => false,
        }
    }
}

/// A document that is no object, and why.
#[derive(Clone, Debug)]
pub struct OtherDocument {
    /// Its position in [`ManifestFile::documents`].
    pub document: usize,
    /// Why.
    pub reason: Reason,
    /// What it is, for people.
    pub detail: String,
}

/// A file of one side.
#[derive(Clone, Debug)]
pub struct ManifestFile {
    /// Where it lies.
    pub path: RepoPath,
    /// On which side.
    pub side: Side,
    /// Its text.
    pub source: Arc<Source>,
    /// What it is for.
    pub role: Role,
    /// The reading that counts: kustomize's where a kustomization takes the file, or Flux makes one that does.
    pub dialect: Dialect,
    /// What the reader noticed, in the order of the file.
    pub problems: Vec<Problem>,
    /// Its documents that could be read.
    pub documents: Vec<Arc<Document>>,
    /// The objects in them, in the order of the file.
    pub objects: Vec<Arc<Object>>,
    /// The documents that are no objects, in the order of the file.
    pub others: Vec<OtherDocument>,
    /// What the two dialects read differently, per document.
    pub differences: Vec<(usize, DialectDifference)>,
    /// Something says that the file is meant for the cluster: a kustomization, Flux or Argo CD uses it, or a line starts
    /// with `apiVersion:` or `kind:`.
    pub has_sign: bool,
}

impl ManifestFile {
    /// The object that holds a span of the file, and the pointer of the deepest value around it, when there is one.
    #[must_use]
    pub fn object_at(&self, span: Span) -> Option<(&Arc<Object>, String)> {
        let object = self.objects.iter().rev().find(|object| {
            let value = pointer::span_of(&object.document, object.value().origin());
            value.is_some_and(|value| value.start <= span.start && span.end <= value.end)
        })?;
        Some((object, pointer::at(object.value(), span)))
    }

    /// A document's text is judged: it holds objects, or the file is one of kustomize's own.
    #[must_use]
    pub fn judges_document(&self, index: usize) -> bool {
        match self.role {
            Role::Manifest { .. } => self.others.binary_search_by_key(&index, |other| other.document).is_err(),
            Role::Kustomization | Role::Patch { .. } => true,
            Role::Other(..) => false,
        }
    }
}
