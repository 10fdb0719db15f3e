//! CRDs and JSON Schemas from anywhere into one pack: what `portcullis schema pack` does.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use rayon::prelude::*;

use super::build::{Builder, Refusal};
use super::pack::Pack;
use crate::manifest::object::roots;
use crate::schema::json_schema::{Files, JsonSchema, layout};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Document, NodeId, Value, pointer};

/// What names a CRD that is worth a message.
const SIGN: &[u8] = b"CustomResourceDefinition";

/// A CRD that cannot be used, or a file that may hold one and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `FILE:LINE`, or the file alone.
    pub place: String,
    /// Why.
    pub reason: String,
}

/// Keywords of which a JSON Schema has one.
const KEYWORDS: [&str; 9] =
    ["$schema", "$ref", "$defs", "definitions", "properties", "additionalProperties", "allOf", "anyOf", "oneOf"];

/// Collects CRDs and JSON Schemas, of which none is used before all are there.
#[derive(Debug, Default)]
pub struct Gatherer {
    documents: Vec<Document>,
    crds: BTreeMap<(String, String), Crd>,
    json_schemas: BTreeMap<String, JsonFile>,
    faults: Vec<Fault>,
    others: usize,
}

#[derive(Debug)]
struct Crd {
    document: usize,
    node: NodeId,
    place: String,
    /// It alone, packed: what tells it from another one of its kind.
    packed: Vec<u8>,
}

#[derive(Debug)]
struct JsonFile {
    name: String,
    schema: serde_json::Value,
}

impl Gatherer {
    /// What could not be used so far.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How many objects and files are neither.
    #[must_use]
    pub fn others(&self) -> usize {
        self.others
    }

    /// How many kinds with a CRD there are.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.crds.len()
    }

    /// How many JSON Schemas there are.
    #[must_use]
    pub fn json_schemas(&self) -> usize {
        self.json_schemas.len()
    }

    /// A file that cannot be read.
    pub fn unreadable(&mut self, name: &str, why: impl Into<String>) {
        self.faults.push(Fault { place: name.to_owned(), reason: why.into() });
    }

    /// The CRDs of a file: any number of documents, lists of objects opened; or the JSON Schema that it is, by its path
    /// in the folder that is packed, which must be as kubeconform's layouts have it.
    pub fn file(&mut self, name: &str, path: &str, bytes: &[u8]) {
        if path.strip_suffix(".json").is_some() && self.json_schema(name, path, bytes) {
            return;
        }
        if memchr::memmem::find(bytes, SIGN).is_none() {
            self.others += 1;
            return;
        }
        let stream = yaml::read(RepoPath::from(name), Side::Head, bytes, Dialect::Kubectl);
        for problem in stream.problems.iter().filter(|problem| problem.fatal) {
            let line = stream.source.position(problem.span.start).line;
            self.faults.push(Fault { place: format!("{name}:{line}"), reason: problem.message.clone() });
        }
        for document in stream.documents {
            let index = self.documents.len();
            // `roots` gives them in no order, and of two equal kinds the first counts.
            let mut found: Vec<NodeId> = Vec::new();
            for root in roots(&document) {
                if root.get("kind").and_then(Value::as_str).is_none_or(|kind| kind.as_bytes() != SIGN) {
                    self.others += 1;
                    continue;
                }
                found.push(root.id());
            }
            found.sort_unstable();
            for node in found {
                let value = document.value(node);
                self.crd(value, Crd { document: index, node, place: place(value), packed: Vec::new() });
            }
            self.documents.push(document);
        }
    }

    /// As [`Gatherer::file`], of a file that somebody named: one that cannot be read is told, whatever is in it.
    pub fn named(&mut self, name: &str, path: &str, bytes: &[u8]) {
        let before = self.faults.len();
        self.file(name, path, bytes);
        if self.faults.len() > before || memchr::memmem::find(bytes, SIGN).is_some() {
            return;
        }
        let stream = yaml::read(RepoPath::from(name), Side::Head, bytes, Dialect::Kubectl);
        if let Some(problem) = stream.problems.iter().find(|problem| problem.fatal) {
            let line = stream.source.position(problem.span.start).line;
            self.unreadable(&format!("{name}:{line}"), problem.message.clone());
        }
    }

    /// Whether the file was one, or is called as one is.
    fn json_schema(&mut self, name: &str, path: &str, bytes: &[u8]) -> bool {
        let schema: serde_json::Value = match serde_json::from_slice(bytes) {
            Ok(schema) => schema,
            Err(error) if is_called_so(path) => {
                self.unreadable(name, format!("it is no JSON: {error}"));
                return true;
            }
            Err(_) => return false,
        };
        if schema.get("apiVersion").is_some() || !KEYWORDS.iter().any(|keyword| schema.get(keyword).is_some()) {
            return false;
        }
        match self.json_schemas.entry(path.to_owned()) {
            Entry::Vacant(entry) => _ = entry.insert(JsonFile { name: name.to_owned(), schema }),
            Entry::Occupied(entry) if entry.get().schema == schema => {}
            Entry::Occupied(entry) => {
                let other = &entry.get().name;
                let reason = format!("{path} is this and, otherwise, {other}: name only one of the two");
                self.unreadable(name, reason);
            }
        }
        true
    }

    /// Leaves out the JSON Schemas that cannot be used, now that what they refer to is there.
    pub fn check_json_schemas(&mut self) {
        let mut builder = Builder::new();
        // What is too large together is told at the end.
        _ = self.json_schemas.iter().try_for_each(|(path, file)| builder.add_json_schema(path, &file.schema));
        let files = Files::Pack(Arc::new(builder.finish()));
        let asked: Vec<&String> = self.json_schemas.keys().filter(|path| is_called_so(path)).collect();
        let broken: Vec<(String, String)> = asked
            .par_iter()
            .filter_map(|path| Some(((*path).clone(), JsonSchema::load(&files, path).err()?)))
            .collect();
        for (path, reason) in broken {
            if let Some(file) = self.json_schemas.remove(&path) {
                self.faults.push(Fault { place: file.name, reason });
            }
        }
    }

    fn crd(&mut self, value: Value<'_>, mut crd: Crd) {
        let mut alone = Builder::new();
        if let Err(refusal) = alone.add(value) {
            let name = value.path(&["metadata", "name"]).and_then(Value::as_str).unwrap_or("without a name");
            let place = at_fault(value, &refusal).map_or(crd.place, place);
            self.faults.push(Fault { place, reason: format!("CustomResourceDefinition {name}: {refusal}") });
            return;
        }
        let pack = alone.finish();
        let Some(kind) = pack.kinds().next() else { return };
        crd.packed = pack.bytes().to_vec();
        match self.crds.entry((kind.group().to_owned(), kind.name().to_owned())) {
            Entry::Vacant(entry) => {
                entry.insert(crd);
            }
            Entry::Occupied(entry) if entry.get().packed == crd.packed => {}
            Entry::Occupied(entry) => {
                let reason = format!(
                    "{}/{} is defined here and, otherwise, in {}: name only one of the two",
                    kind.group(),
                    kind.name(),
                    entry.get().place
                );
                self.faults.push(Fault { place: crd.place, reason });
            }
        }
    }

    /// All of them, in the order of their names, so that the same CRDs give the same pack wherever they were found.
    pub fn finish(self) -> Result<Pack, Refusal> {
        let mut builder = Builder::new();
        for crd in self.crds.values() {
            if let Some(document) = self.documents.get(crd.document) {
                builder.add(document.value(crd.node))?;
            }
        }
        for (path, file) in &self.json_schemas {
            builder.add_json_schema(path, &file.schema)?;
        }
        Ok(builder.finish())
    }
}

/// A file's name is one that a JSON Schema is looked for by; others are read when one of those refers to them.
fn is_called_so(path: &str) -> bool {
    layout::is_name(path.rsplit('/').next().unwrap_or_default())
}

/// `FILE:LINE` of a value.
fn place(value: Value<'_>) -> String {
    let document = value.document();
    let start = pointer::span_of(document, value.origin()).map_or(0, |span| span.start);
    format!("{}:{}", document.source().path, document.source().position(start).line)
}

/// What in a CRD is refused, where that can be told.
fn at_fault<'v>(value: Value<'v>, refusal: &Refusal) -> Option<Value<'v>> {
    let Refusal::Pattern { pattern, .. } = refusal else { return None };
    let of_key = |(key, _, child): (&str, _, Value<'v>)| match child.as_str() {
        Some(text) => (key == "pattern" && text == pattern.as_str()).then_some(child),
        None => at_fault(child, refusal),
    };
    value.entries().find_map(of_key).or_else(|| value.items().find_map(|item| at_fault(item, refusal)))
}
