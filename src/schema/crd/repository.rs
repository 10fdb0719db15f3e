//! The CRDs that lie in one side's tree. They are looked for when the first custom resource is judged, and compiled when
//! the first of their own kind is.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::build::Builder;
use super::pack::{Pack, Version};
use crate::git::{self, Tree};
use crate::inventory::Inventory;
use crate::manifest::classify;
use crate::manifest::object::{Object, group_of, roots};
use crate::schema::json_schema::{self, JsonSchema};
use crate::schema::values::nearest;
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
    /// What it says.
    pub content: Content,
    /// Where it was found.
    pub origin: Origin,
}

/// What a schema says.
#[derive(Clone, Debug)]
pub enum Content {
    /// A CRD's: the pack holds the kind, and maybe others.
    Pack(Arc<Pack>),
    /// What somebody made of a CRD.
    Json(Arc<JsonSchema>),
}

/// Where a schema was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A file with a CRD.
    Crd(RepoPath),
    /// A JSON Schema that the config names.
    JsonSchema(RepoPath),
    /// A catalogue that the config names.
    Catalogue(RepoPath),
    /// The catalogue of the build.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crd(path) => write!(f, "the CustomResourceDefinition in {path}"),
            Self::JsonSchema(path) => write!(f, "the JSON Schema {path}"),
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
    /// The CRD, or the JSON Schema, cannot be used.
    Unusable(Origin, String),
    /// The CRD does not serve the version, but these.
    NotServed(Origin, Vec<String>),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCrd => f.write_str("no CustomResourceDefinition of it was found"),
            Self::Unusable(origin, why) => write!(f, "{origin} cannot be used: {why}"),
            Self::NotServed(origin, _) => write!(f, "{origin} does not serve the version"),
        }
    }
}

impl Schema {
    /// The version that an object names. That of a JSON Schema says nothing: only metadata is judged by it.
    #[must_use]
    pub fn version(&self, object: &Object) -> Option<Version<'_>> {
        match &self.content {
            Content::Pack(pack) => version_in(pack, object),
            Content::Json(_) => json_schema::any(),
        }
    }

    /// The names of the versions that are served of an object's kind.
    fn served(&self, object: &Object) -> Vec<String> {
        let Content::Pack(pack) = &self.content else { return Vec::new() };
        let kind = pack.kind(group_of(&object.api_version), &object.key.kind);
        let versions = kind.into_iter().flat_map(|kind| kind.versions().filter(|version| version.is_served()));
        versions.map(|version| version.name().to_owned()).collect()
    }

    /// The schema, if it has the version that an object names.
    ///
    /// # Errors
    /// [`Missing::NotServed`].
    pub(super) fn serving(self, object: &Object) -> Result<Self, Missing> {
        if self.version(object).is_some() {
            return Ok(self);
        }
        let served = self.served(object);
        Err(Missing::NotServed(self.origin, served))
    }

    /// Both say the same.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::Pack(one), Content::Pack(two)) => one.bytes() == two.bytes(),
            (Content::Json(one), Content::Json(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
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

    /// The schemas of an object's version: of several CRDs of its kind, those of the highest rank, and of these the ones
    /// that lie nearest, each different one once. Files without a rank do not count.
    ///
    /// # Errors
    /// Why there is none. [`Missing::NotServed`] only when none of them serves the version.
    pub fn nearest(&self, object: &Object, rank: impl Fn(&RepoPath) -> Option<u8>) -> Result<Vec<Schema>, Missing> {
        let (group, kind) = (group_of(&object.api_version), object.key.kind.as_str());
        let nearness = |path: &RepoPath| {
            let pairs = path.folder().split('/').zip(object.path().folder().split('/'));
            pairs.take_while(|(a, b)| a == b).count()
        };
        let ranked = self.defining(group, kind).iter().filter_map(|path| Some((rank(path)?, nearness(path), path)));
        let ranked: Vec<(u8, usize, &RepoPath)> = ranked.collect();
        let best = ranked.iter().map(|(rank, nearness, _)| (*rank, *nearness)).max();
        let mut found: Vec<Schema> = Vec::new();
        let mut missing = Missing::NoCrd;
        for (_, _, path) in ranked.iter().filter(|(rank, nearness, _)| Some((*rank, *nearness)) == best) {
            match self.at(path, group, kind).and_then(|schema| schema.serving(object)) {
                Ok(schema) if found.iter().any(|known| known.same(&schema)) => {}
                Ok(schema) => found.push(schema),
                // What a broken one would serve is not known.
                Err(why) if missing == Missing::NoCrd || matches!(why, Missing::Unusable(..)) => missing = why,
                Err(_) => {}
            }
        }
        if found.is_empty() { Err(missing) } else { Ok(found) }
    }

    /// A file tells what the clusters have. One of which nobody can say does.
    #[must_use]
    pub fn is_state(&self, path: &RepoPath) -> bool {
        classify::tells_of_cluster(self.inventory, path).unwrap_or(true)
    }

    /// The kind of a group that was probably meant by another one.
    #[must_use]
    pub fn meant(&self, group: &str, kind: &str) -> Option<String> {
        let names = self.files().by_kind.keys().filter_map(|name| name.split_once('.'));
        nearest(kind, names.filter(|(name, of)| *of == group && *name != kind).map(|(name, _)| name))
    }

    /// The files that define a kind.
    #[must_use]
    pub fn defining(&self, group: &str, kind: &str) -> &[RepoPath] {
        self.files().by_kind.get(&format!("{kind}.{group}")).map_or(&[], Vec::as_slice)
    }

    /// The CRD of a kind in one of the files that define it.
    ///
    /// # Errors
    /// [`Missing::Unusable`].
    pub fn at(&self, path: &RepoPath, group: &str, kind: &str) -> Result<Schema, Missing> {
        let slot = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(compiled.entry((path.clone(), format!("{kind}.{group}"))).or_default())
        };
        let origin = Origin::Crd(path.clone());
        match slot.get_or_init(|| self.compile(path, group, kind)) {
            Ok(pack) => Ok(Schema { content: Content::Pack(Arc::clone(pack)), origin }),
            Err(why) => Err(Missing::Unusable(origin, why.clone())),
        }
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
            git::Content::Bytes(bytes) => bytes,
            git::Content::NotJudged(_, why) => return Err(why),
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
