//! Objects: documents (or items of a list) with an API version and a kind, as kubectl builds them from a file.

use std::sync::Arc;

use super::key::{Namespace, ObjectKey};
use super::scope;
use super::unknown::Unknown;
use crate::source::{RepoPath, Source, Span};
use crate::yaml::{Dialect, Document, Kind, NodeId, Value, pointer};

/// One object of one side.
#[derive(Clone, Debug)]
pub struct Object {
    /// The document that holds it.
    pub document: Arc<Document>,
    node: NodeId,
    /// JSON pointer of the object in its document: empty, or `/items/3` for an item of a list.
    pub pointer: String,
    /// `apiVersion`, inherited from the list where the item lacks one; empty when it is missing or no string.
    pub api_version: String,
    /// Its identity. Parts that are missing are empty.
    pub key: ObjectKey,
    unknown: Arc<Unknown>,
    /// The document is encrypted by SOPS; its own `sops` block is no part of the object.
    pub encrypted: bool,
}

impl Object {
    /// The object's value.
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        self.document.value(self.node)
    }

    /// The file that holds it.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        self.document.source()
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &RepoPath {
        &self.source().path
    }

    /// The bytes that a finding about a pointer (within the object) should mark: the value's key and value where both
    /// are on one line, else the key, else the value; for something absent, its nearest ancestor's key.
    #[must_use]
    pub fn span(&self, at: &str) -> Span {
        let found = pointer::find(self.value(), at);
        let document = &self.document;
        let value = pointer::span_of(document, found.value.origin());
        let key = found.key.and_then(|key| pointer::span_of(document, key));
        match (key, value) {
            (Some(key), Some(value)) if found.exact && found.value.is_scalar() => {
                let together = Span { start: key.start, end: value.end.max(key.end) };
                let text = self.source().text.get(together.range()).unwrap_or_default();
                if value.start >= key.end && !text.contains('\n') { together } else { key }
            }
            (Some(key), _) => key,
            (None, Some(value)) => first_line(self.source(), value),
            (None, None) => first_line(self.source(), document.span),
        }
    }

    /// The bytes of a value's key, or what [`Object::span`] gives where it has none.
    #[must_use]
    pub fn key_span(&self, at: &str) -> Span {
        let key = pointer::find(self.value(), at).key;
        key.and_then(|key| pointer::span_of(&self.document, key)).unwrap_or_else(|| self.span(at))
    }

    /// An annotation's value.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.value().path(&["metadata", "annotations", name])?.as_str()
    }

    /// What replaces a value of the object before the cluster sees it; none where it is what it is. An unknown value
    /// satisfies every check on itself.
    #[must_use]
    pub fn unknown(&self, value: Value<'_>) -> Option<&'static str> {
        if self.unknown.is_empty() { None } else { self.unknown.get(&value.id()).copied() }
    }

    /// Something replaces a value of the document before the cluster sees it.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// The same object with another content.
    pub(crate) fn rewritten(&self, document: Document, unknown: Unknown) -> Self {
        Self { node: document.root().id(), document: Arc::new(document), unknown: Arc::new(unknown), ..self.clone() }
    }

    /// It is the core group's Secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.key.group.is_empty() && self.key.kind == "Secret"
    }
}

/// The first line of a span, without trailing blanks: what a caret can underline.
fn first_line(source: &Source, span: Span) -> Span {
    let text = source.text.get(span.range()).unwrap_or_default();
    let skipped = text.len() - text.trim_start().len();
    let line = text.trim_start().lines().next().unwrap_or_default().trim_end();
    let start = span.range().start + skipped;
    Span::new(start, start + line.len())
}

/// The group of an `apiVersion`.
#[must_use]
pub fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// The objects of one document: itself, or, as kubectl opens it, the items of anything with a non-null `items` list
/// (nested ones too). Items that lack both kind and apiVersion inherit them: `FooList` gives `Foo`.
#[must_use]
pub fn objects_of(document: &Arc<Document>, unknown: Unknown) -> Vec<Object> {
    let unknown = Arc::new(unknown);
    let mut found = Vec::new();
    let root = document.root();
    let api_version = string(root, "apiVersion");
    let kind = string(root, "kind");
    collect(document, root, String::new(), api_version, &kind, &mut found);
    for object in &mut found {
        object.unknown = Arc::clone(&unknown);
    }
    found
}

/// The values of a document's objects, in no order.
#[must_use]
pub fn roots(document: &Document) -> Vec<Value<'_>> {
    let mut found = Vec::new();
    let mut open = vec![document.root()];
    while let Some(value) = open.pop() {
        match items(document, value, value.get("kind").and_then(Value::as_str).unwrap_or_default()) {
            Some(items) => open.extend(items.items()),
            None => found.push(value),
        }
    }
    found
}

/// The items of a list of objects. kubectl opens anything that has items; kustomize only what calls itself a list.
fn items<'a>(document: &Document, value: Value<'a>, kind: &str) -> Option<Value<'a>> {
    let opens = document.dialect == Dialect::Kubectl || kind.ends_with("List");
    value.get("items").filter(|items| opens && items.kind() == Kind::Sequence)
}

/// SOPS encrypted the document.
#[must_use]
pub fn is_encrypted(document: &Document) -> bool {
    document.root().get("sops").is_some_and(|sops| sops.get("mac").is_some())
}

fn collect(document: &Arc<Document>, value: Value<'_>, at: String, api: String, kind: &str, found: &mut Vec<Object>) {
    let Some(items) = items(document, value, kind) else {
        found.push(build(document, value, at, api, kind));
        return;
    };
    for (index, item) in items.items().enumerate() {
        let pointer = format!("{at}/items/{index}");
        let (own_api, own_kind) = (string(item, "apiVersion"), string(item, "kind"));
        let inherits = own_api.is_empty() && own_kind.is_empty() && item.get("kind").is_none();
        let (item_api, item_kind) = if inherits {
            (api.clone(), kind.strip_suffix("List").unwrap_or(kind).to_owned())
        } else {
            (own_api, own_kind)
        };
        collect(document, item, pointer, item_api, &item_kind, found);
    }
}

fn string(value: Value<'_>, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The identity that follows from what an object says of itself.
#[must_use]
pub fn key_of(api_version: &str, kind: &str, namespace: Option<String>, name: String) -> ObjectKey {
    let group = scope::canonical_group(group_of(api_version), kind).to_owned();
    let written = namespace.filter(|namespace| !namespace.is_empty());
    let namespace = if scope::is_cluster_scoped(&group, kind) {
        Namespace::Cluster
    } else {
        written.map_or(Namespace::Unset, Namespace::Named)
    };
    ObjectKey { group, kind: kind.to_owned(), namespace, name }
}

fn build(document: &Arc<Document>, value: Value<'_>, pointer: String, api_version: String, kind: &str) -> Object {
    let metadata = value.get("metadata");
    let name = metadata.map(|m| string(m, "name")).filter(|name| !name.is_empty()).or_else(|| {
        let prefix = metadata?.get("generateName")?.as_str()?;
        Some(format!("{prefix}*"))
    });
    let key = key_of(&api_version, kind, metadata.map(|m| string(m, "namespace")), name.unwrap_or_default());
    Object {
        document: Arc::clone(document),
        node: value.id(),
        pointer,
        api_version,
        key,
        unknown: Arc::default(),
        encrypted: is_encrypted(document),
    }
}
