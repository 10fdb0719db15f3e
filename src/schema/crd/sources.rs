//! Where the schema of a custom resource is looked for: the CRDs of the side's own tree, the `schemas` of the config as
//! the trust commit has them, the catalogue of the build. Groups that are built in are never asked for here.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::catalog;
use super::pack::Pack;
use super::repository::{Crds, Missing, Origin, Schema};
use crate::config::{Config, ConfigError};
use crate::git::{Content, EntryKind, Tree, TreeEntry};
use crate::manifest::object::{Object, group_of};
use crate::source::RepoPath;

/// What the config names under `schemas`.
#[derive(Debug)]
pub struct Entries<'a> {
    config: &'a Config,
    /// Those of the tree whose entries count.
    crds: &'a Crds<'a>,
    all: Vec<Entry<'a>>,
    mistakes: Mutex<Vec<ConfigError>>,
}

/// One entry of `schemas`.
#[derive(Debug)]
struct Entry<'a> {
    /// The file or folder.
    path: &'a str,
    /// The entry in the config.
    pointer: String,
    /// The cluster that it is for; every file when none.
    cluster: Option<&'a str>,
    holds: Holds,
}

#[derive(Debug)]
enum Holds {
    /// CRDs, as YAML or JSON.
    Crds,
    /// A catalogue, which is opened when the first kind is looked for.
    Catalogue(TreeEntry, OnceLock<Option<Arc<Pack>>>),
    /// JSON files and no YAML: if they are no CRDs, nobody reads them yet.
    Json,
    /// Nothing that can be used: a mistake says why.
    Nothing,
}

/// Every entry of a config: its path, its pointer, and the cluster that it is for.
fn written(config: &Config) -> impl Iterator<Item = (&str, String, Option<&str>)> {
    let top = config.schemas.iter().enumerate().map(|(index, path)| (path.as_str(), format!("/schemas/{index}"), None));
    let of_clusters = config.clusters.iter().flat_map(|cluster| {
        let entries = cluster.schemas.iter().enumerate();
        entries.map(|(index, path)| {
            (path.as_str(), format!("{}/schemas/{index}", cluster.pointer), Some(cluster.name.as_str()))
        })
    });
    // What is said of a cluster comes before what is said of all.
    of_clusters.chain(top)
}

/// The entries of a config that a tree does not have or that cannot hold schemas, each with its path.
#[must_use]
pub fn unusable<'a>(config: &'a Config, tree: &Tree) -> Vec<(&'a str, ConfigError)> {
    let entries = written(config);
    entries.filter_map(|(path, pointer, _)| Some((path, *held(config, tree, path, &pointer).err()?))).collect()
}

fn held(config: &Config, tree: &Tree, path: &str, pointer: &str) -> Result<Holds, Box<ConfigError>> {
    let wrong = |message: String, help: &str| Err(Box::new(config.mistake(pointer, message, help)));
    let entry = match tree.entry(path) {
        Ok(Some(entry)) => entry,
        Ok(None) => {
            return wrong(
                format!("schemas: there is no `{path}` in the tree whose rules count"),
                "schemas are read from where the config is read; add the file or folder there, or remove the entry",
            );
        }
        Err(error) => {
            return wrong(format!("schemas: `{path}` cannot be read: {error}"), "mend it, or remove the entry");
        }
    };
    let files = match entry.kind {
        EntryKind::File | EntryKind::Executable if entry.path.extension() == catalog::EXTENSION => {
            return Ok(Holds::Catalogue(entry, OnceLock::new()));
        }
        EntryKind::File | EntryKind::Executable => vec![entry],
        EntryKind::Folder => match tree.files(path) {
            Ok(files) => files,
            Err(error) => {
                return wrong(format!("schemas: `{path}` cannot be read: {error}"), "mend it, or remove the entry");
            }
        },
        EntryKind::Symlink | EntryKind::Submodule | EntryKind::Special => {
            return wrong(
                format!("schemas: `{path}` is neither a file nor a folder of this repository"),
                "links and submodules are not followed: name what they lead to",
            );
        }
    };
    let has = |endings: &[&str]| files.iter().any(|file| endings.contains(&file.path.extension().as_str()));
    if has(&["yaml", "yml"]) {
        Ok(Holds::Crds)
    } else if has(&["json"]) {
        Ok(Holds::Json)
    } else {
        wrong(
            format!("schemas: `{path}` holds no file with CustomResourceDefinitions"),
            "name a folder or file with CRDs (.yaml, .yml, .json) or a catalogue (.pack)",
        )
    }
}

impl<'a> Entries<'a> {
    /// The entries of a config, in the tree of these CRDs. Only whether they are there is looked at.
    #[must_use]
    pub fn new(config: &'a Config, crds: &'a Crds<'a>) -> Self {
        let mut all = Vec::new();
        let mut mistakes = Vec::new();
        for (path, pointer, cluster) in written(config) {
            let holds = held(config, crds.tree(), path, &pointer).unwrap_or_else(|mistake| {
                mistakes.push(*mistake);
                Holds::Nothing
            });
            all.push(Entry { path, pointer, cluster, holds });
        }
        Self { config, crds, all, mistakes: Mutex::new(mistakes) }
    }

    /// What is wrong with them, as far as they were asked for.
    #[must_use]
    pub fn mistakes(&self) -> Vec<ConfigError> {
        self.mistakes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The entries that hold schemas in a form that is not read yet.
    pub fn not_read_yet(&self) -> impl Iterator<Item = &str> {
        let of_json = self.all.iter().filter(|entry| matches!(entry.holds, Holds::Json));
        of_json.filter(|entry| !self.crds.is_any(|path| is_below(path, entry.path))).map(|entry| entry.path)
    }

    /// The catalogue that the config names first.
    #[must_use]
    pub fn catalogue(&self) -> Option<&str> {
        self.all.iter().find(|entry| matches!(entry.holds, Holds::Catalogue(..))).map(|entry| entry.path)
    }

    fn mistake(&self, entry: &Entry<'_>, message: String, help: &str) {
        let mistake = self.config.mistake(&entry.pointer, message, help);
        let mut mistakes = self.mistakes.lock().unwrap_or_else(PoisonError::into_inner);
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }

    /// The entries that hold for an object.
    fn of(&self, object: &Object) -> impl Iterator<Item = &Entry<'a>> {
        let clusters = if self.all.is_empty() { Vec::new() } else { self.config.clusters_of(object.path().as_str()) };
        self.all
            .iter()
            .filter(move |entry| entry.cluster.is_none_or(|name| clusters.iter().any(|cluster| cluster.name == name)))
    }

    /// Whether a CRD of the repository holds for an object: not, if the config gives it to other clusters alone; before
    /// others, if it gives it to the object's own.
    fn rank(&self, object: &Object, crd: &RepoPath) -> Option<u8> {
        let is_given = |entry: &&Entry<'_>| !matches!(entry.holds, Holds::Catalogue(..)) && is_below(crd, entry.path);
        let mut given = self.all.iter().filter(is_given).peekable();
        if given.peek().is_none() || given.any(|entry| entry.cluster.is_none()) {
            return Some(0);
        }
        self.of(object).any(|entry| is_given(&entry)).then_some(1)
    }

    fn schema(&self, entry: &Entry<'_>, object: &Object) -> Result<Schema, Missing> {
        match &entry.holds {
            Holds::Nothing => Err(Missing::NoCrd),
            Holds::Crds | Holds::Json => {
                for (path, why) in self.crds.unreadable(|path| is_below(path, entry.path)) {
                    self.mistake(
                        entry,
                        format!("schemas: {path} cannot be read: {why}"),
                        "mend the file, or move it elsewhere",
                    );
                }
                let found = self.crds.nearest(object, |path| is_below(path, entry.path).then_some(0));
                if let Err(Missing::Unusable(path, why)) = &found {
                    self.mistake(
                        entry,
                        format!("schemas: the CustomResourceDefinition in {path} cannot be used: {why}"),
                        "mend it",
                    );
                }
                found
            }
            Holds::Catalogue(file, pack) => {
                let opened = pack.get_or_init(|| match self.open(file) {
                    Ok(pack) => Some(pack),
                    Err(why) => {
                        let message = format!("schemas: `{}` cannot be used: {why}", entry.path);
                        self.mistake(entry, message, catalog::REMEDY);
                        None
                    }
                });
                in_pack(opened.as_ref().ok_or(Missing::NoCrd)?, object, || Origin::Catalogue(file.path.clone()))
            }
        }
    }

    fn open(&self, file: &TreeEntry) -> Result<Arc<Pack>, String> {
        match self.crds.tree().read_binary(file).map_err(|error| error.to_string())? {
            Content::Bytes(bytes) => catalog::open(bytes).map(Arc::new).map_err(|why| why.to_string()),
            Content::NotJudged(_, why) => Err(why),
        }
    }
}

fn in_pack(pack: &Arc<Pack>, object: &Object, origin: impl FnOnce() -> Origin) -> Result<Schema, Missing> {
    pack.kind(group_of(&object.api_version), &object.key.kind).ok_or(Missing::NoCrd)?;
    let schema = Schema { pack: Arc::clone(pack), origin: origin() };
    if schema.version(object).is_none() { Err(Missing::NotServed(schema.origin)) } else { Ok(schema) }
}

fn is_below(path: &RepoPath, top: &str) -> bool {
    let rest = path.as_str().strip_prefix(top);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || top.is_empty())
}

/// All places for one side, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The CRDs of the side's tree.
    pub crds: &'a Crds<'a>,
    /// What the config names.
    pub entries: &'a Entries<'a>,
}

impl Sources<'_> {
    /// The schema of an object's version.
    ///
    /// # Errors
    /// Why there is none, as the first place says that knows its kind.
    pub fn of(&self, object: &Object) -> Result<Schema, Missing> {
        let mut missing = match self.crds.nearest(object, |path| self.entries.rank(object, path)) {
            Err(missing @ (Missing::NoCrd | Missing::Unusable(..))) => missing,
            found => return found,
        };
        let mut told = |found: Missing| {
            if missing == Missing::NoCrd {
                missing = found;
            }
        };
        for entry in self.entries.of(object) {
            match self.entries.schema(entry, object) {
                Ok(schema) => return Ok(schema),
                Err(found) => told(found),
            }
        }
        if let Some(pack) = catalog::built_in() {
            match in_pack(pack, object, || Origin::BuiltIn) {
                Ok(schema) => return Ok(schema),
                Err(found) => told(found),
            }
        }
        Err(missing)
    }

    /// The places where a schema of an object was looked for, in words.
    #[must_use]
    pub fn places(&self, object: &Object) -> impl fmt::Display {
        let mut places = vec!["the repository".to_owned()];
        places.extend(self.entries.of(object).map(|entry| {
            let line = self.entries.config.position(&entry.pointer).line;
            format!("{} ({}:{line})", entry.path, self.entries.config.path())
        }));
        places.extend(catalog::built_in().map(|_| Origin::BuiltIn.to_string()));
        match places.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}
