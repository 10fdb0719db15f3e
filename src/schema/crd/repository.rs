//! The CRDs that lie in one side's tree. They are looked for when the first custom resource is judged, and compiled when
//! the first of their own kind is.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::build::Builder;
use super::pack::{Pack, Version};
use crate::git::Content;
use crate::inventory::Inventory;
use crate::manifest::object::{Object, group_of, roots};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Value};

/// The CRDs of a tree.
#[derive(Debug)]
pub struct Crds<'a> {
    inventory: &'a Inventory<'a>,
    /// The files with a CRD, by `Kind.group`.
    files: OnceLock<HashMap<String, Vec<RepoPath>>>,
    compiled: Mutex<HashMap<(RepoPath, String), Slot>>,
}

/// A CRD that is compiled once, by whoever comes first.
type Slot = Arc<OnceLock<Result<Arc<Pack>, String>>>;

/// A schema, and the file that says it.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Holds the kind, and maybe others.
    pub pack: Arc<Pack>,
    /// The file.
    pub path: RepoPath,
}

/// Why there is no schema for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The tree has no CRD of the kind.
    NoCrd,
    /// The CRD cannot be used.
    Unusable(RepoPath, String),
    /// The CRD does not serve the version.
    NotServed(RepoPath),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCrd => f.write_str("no CustomResourceDefinition of it was found"),
            Self::Unusable(path, why) => write!(f, "the CustomResourceDefinition in {path} cannot be used: {why}"),
            Self::NotServed(path) => write!(f, "the CustomResourceDefinition in {path} does not serve the version"),
        }
    }
}

impl Schema {
    /// The version that an object names.
    #[must_use]
    pub fn version(&self, object: &Object) -> Option<Version<'_>> {
        version_in(&self.pack, object)
    }
}

/// The version of a pack that an object names, if the server serves it.
#[must_use]
pub fn version_in<'p>(pack: &'p Pack, object: &Object) -> Option<Version<'p>> {
    let version = object.api_version.rsplit_once('/').map_or("", |(_, version)| version);
    let kind = pack.kind(group_of(&object.api_version), &object.key.kind)?;
    kind.version(version).filter(|version| version.is_served())
}

impl<'a> Crds<'a> {
    /// The CRDs of a tree. Nothing is read yet.
    #[must_use]
    pub fn new(inventory: &'a Inventory<'a>) -> Self {
        Self { inventory, files: OnceLock::new(), compiled: Mutex::default() }
    }

    /// The schema of an object's version: of several CRDs of its kind, the one that lies nearest.
    pub fn of(&self, object: &Object) -> Result<Schema, Missing> {
        let name = format!("{}.{}", object.key.kind, group_of(&object.api_version));
        let files = self.files.get_or_init(|| self.list()).get(&name).ok_or(Missing::NoCrd)?;
        let nearness = |path: &&RepoPath| {
            let pairs = path.folder().split('/').zip(object.path().folder().split('/'));
            pairs.take_while(|(a, b)| a == b).count()
        };
        // Of equally near ones the first.
        let path = files.iter().rev().max_by_key(nearness).ok_or(Missing::NoCrd)?;
        let slot = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(compiled.entry((path.clone(), name)).or_default())
        };
        let compiled = slot.get_or_init(|| self.compile(path, group_of(&object.api_version), &object.key.kind));
        let pack = compiled.clone().map_err(|why| Missing::Unusable(path.clone(), why))?;
        let schema = Schema { pack, path: path.clone() };
        if schema.version(object).is_none() { Err(Missing::NotServed(path.clone())) } else { Ok(schema) }
    }

    /// A tree that cannot be read has failed elsewhere.
    fn list(&self) -> HashMap<String, Vec<RepoPath>> {
        let mut files: HashMap<String, Vec<RepoPath>> = HashMap::new();
        for crd in self.inventory.crds().map(|gathered| gathered.found).unwrap_or_default() {
            files.entry(format!("{}.{}", crd.fact.kind, crd.fact.group)).or_default().push(crd.path);
        }
        files
    }

    fn compile(&self, path: &RepoPath, group: &str, kind: &str) -> Result<Arc<Pack>, String> {
        let tree = self.inventory.tree();
        let entry = tree.entry(path.as_str()).map_err(|error| error.to_string())?.ok_or("it is not in the tree")?;
        let bytes = match tree.read(&entry).map_err(|error| error.to_string())? {
            Content::Bytes(bytes) => bytes,
            Content::NotJudged(_, why) => return Err(why),
        };
        let stream = yaml::read(path.clone(), Side::Head, &bytes, Dialect::Kubectl);
        let is_it = |value: &Value<'_>| {
            let text = |path: &[&str]| value.path(path).and_then(Value::as_str);
            text(&["spec", "group"]) == Some(group) && text(&["spec", "names", "kind"]) == Some(kind)
        };
        let mut builder = Builder::new();
        let crd = stream.documents.iter().flat_map(roots).find(is_it).ok_or("it cannot be read")?;
        builder.add(crd).map_err(|refusal| refusal.to_string())?;
        Ok(Arc::new(builder.finish()))
    }
}
