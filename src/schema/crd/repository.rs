//! The CRDs that lie in one side's tree. They are looked for when the first custom resource is judged, and compiled when
//! the first of their own kind is.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::build::Builder;
use super::pack::{Pack, Version};
use crate::git::{Content, Tree};
use crate::inventory::Inventory;
use crate::manifest::object::{Object, group_of, roots};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Value};

/// The CRDs of a tree.
#[derive(Debug)]
pub struct Crds<'a> {
    inventory: &'a Inventory<'a>,
    /// The files with a CRD, by `Kind.group`.
    files: OnceLock<Files>,
    compiled: Mutex<HashMap<(RepoPath, String), Slot>>,
}

/// Which file defines what.
#[derive(Debug, Default)]
struct Files {
    by_kind: HashMap<String, Vec<RepoPath>>,
    /// Files that may define more, and why they cannot be read.
    unreadable: Vec<(RepoPath, String)>,
}

/// A CRD that is compiled once, by whoever comes first.
type Slot = Arc<OnceLock<Result<Arc<Pack>, String>>>;

/// A schema, and the file that says it.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Holds the kind, and maybe others.
    pub pack: Arc<Pack>,
    /// Where it was found.
    pub origin: Origin,
}

/// Where a schema was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file with a CRD.
    Crd(RepoPath),
    /// A catalogue that the config names.
    Catalogue(RepoPath),
    /// The catalogue of the build.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crd(path) => write!(f, "the CustomResourceDefinition in {path}"),
            Self::Catalogue(path) => write!(f, "the catalogue {path}"),
            Self::BuiltIn => f.write_str("the built-in catalogue"),
        }
    }
}

/// Why there is no schema for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The tree has no CRD of the kind.
    NoCrd,
    /// The CRD cannot be used.
    Unusable(RepoPath, String),
    /// The CRD does not serve the version.
    NotServed(Origin),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCrd => f.write_str("no CustomResourceDefinition of it was found"),
            Self::Unusable(path, why) => write!(f, "the CustomResourceDefinition in {path} cannot be used: {why}"),
            Self::NotServed(origin) => write!(f, "{origin} does not serve the version"),
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

    /// The tree.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        self.inventory.tree()
    }

    fn files(&self) -> &Files {
        self.files.get_or_init(|| self.list())
    }

    /// A file that satisfies this defines a kind.
    pub fn is_any(&self, wanted: impl Fn(&RepoPath) -> bool) -> bool {
        self.files().by_kind.values().flatten().any(wanted)
    }

    /// The files that satisfy this and may define a kind, and why they cannot be read.
    pub fn unreadable(&self, wanted: impl Fn(&RepoPath) -> bool) -> impl Iterator<Item = &(RepoPath, String)> {
        self.files().unreadable.iter().filter(move |(path, _)| wanted(path))
    }

    /// The schema of an object's version: of several CRDs of its kind, the one of the highest rank, and of these the one
    /// that lies nearest. Files without a rank do not count.
    pub fn nearest(&self, object: &Object, rank: impl Fn(&RepoPath) -> Option<u8>) -> Result<Schema, Missing> {
        let name = format!("{}.{}", object.key.kind, group_of(&object.api_version));
        let files = self.files().by_kind.get(&name).ok_or(Missing::NoCrd)?;
        let nearness = |path: &RepoPath| {
            let pairs = path.folder().split('/').zip(object.path().folder().split('/'));
            pairs.take_while(|(a, b)| a == b).count()
        };
        // Of equally near ones the first.
        let ranked = files.iter().rev().filter_map(|path| Some((rank(path)?, nearness(path), path)));
        let (_, _, path) = ranked.max_by_key(|(rank, nearness, _)| (*rank, *nearness)).ok_or(Missing::NoCrd)?;
        let slot = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(compiled.entry((path.clone(), name)).or_default())
        };
        let compiled = slot.get_or_init(|| self.compile(path, group_of(&object.api_version), &object.key.kind));
        let pack = compiled.clone().map_err(|why| Missing::Unusable(path.clone(), why))?;
        let schema = Schema { pack, origin: Origin::Crd(path.clone()) };
        if schema.version(object).is_none() { Err(Missing::NotServed(schema.origin)) } else { Ok(schema) }
    }

    /// A tree that cannot be read has failed elsewhere.
    fn list(&self) -> Files {
        let mut files = Files::default();
        let Ok(gathered) = self.inventory.crds() else { return files };
        for crd in gathered.found {
            files.by_kind.entry(format!("{}.{}", crd.fact.kind, crd.fact.group)).or_default().push(crd.path);
        }
        files.unreadable = gathered.problems.into_iter().map(|problem| (problem.path, problem.fact)).collect();
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
