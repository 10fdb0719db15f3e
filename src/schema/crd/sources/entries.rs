//! What the config names under `schemas`, and the schemas that its files hold for an object.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::entry::{Entry, Files, Holds, held, is_below, written};
use crate::change::cluster_folder;
use crate::config::{Config, ConfigError};
use crate::git::{Content, TreeEntry};
use crate::manifest::object::{Object, group_of};
use crate::schema::crd::catalog;
use crate::schema::crd::pack::Pack;
use crate::schema::crd::repository::{self, Crds, Missing, Origin, Schema};
use crate::schema::json_schema::layout;
use crate::schema::json_schema::{Files as SchemaFiles, JsonSchema};
use crate::schema::minors::MinorSet;
use crate::source::RepoPath;

/// What the config names under `schemas`.
#[derive(Debug)]
pub struct Entries<'a> {
    pub(super) config: &'a Config,
    /// Those of the tree whose entries count.
    crds: &'a Crds<'a>,
    all: Vec<Entry<'a>>,
    mistakes: Mutex<Vec<ConfigError>>,
    /// JSON Schemas by where they come from and their file.
    compiled: Mutex<HashMap<(Origin, String), Slot>>,
}

/// A JSON Schema that is compiled once, by whoever comes first.
type Slot = Arc<OnceLock<Result<Arc<JsonSchema>, String>>>;

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
        Self { config, crds, all, mistakes: Mutex::new(mistakes), compiled: Mutex::default() }
    }

    /// What is wrong with them, as far as they were asked for.
    #[must_use]
    pub fn mistakes(&self) -> Vec<ConfigError> {
        for entry in &self.all {
            let Holds::Files(Files { yaml: false, json_schemas: false, .. }) = entry.holds else { continue };
            if !self.crds.is_any(|path| is_below(path, entry.path)) {
                let message = format!(
                    "schemas: `{}` holds JSON files that are neither CustomResourceDefinitions nor called as kubeconform \
                     calls JSON Schemas",
                    entry.path
                );
                let help = "name them KIND_VERSION.json, GROUP/KIND_VERSION.json or KIND-GROUP-VERSION.json, or write a \
                            template as kubeconform takes it: schemas/{{.Group}}/{{.ResourceKind}}.json";
                self.mistake(entry, message, help);
            }
        }
        self.mistakes.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
    pub(super) fn of(&self, object: &Object) -> impl Iterator<Item = &Entry<'a>> {
        let clusters = if self.all.is_empty() { Vec::new() } else { self.config.clusters_of(object.path().as_str()) };
        self.all
            .iter()
            .filter(move |entry| entry.cluster.is_none_or(|name| clusters.iter().any(|cluster| cluster.name == name)))
    }

    /// Whether a CRD of the repository holds for an object: not, if the config gives it to other clusters alone; before
    /// others, if it gives it to the object's own.
    pub(super) fn rank(&self, object: &Object, crd: &RepoPath) -> Option<u8> {
        let is_given = |entry: &&Entry<'_>| matches!(entry.holds, Holds::Files(_)) && is_below(crd, entry.path);
        let mut given = self.all.iter().filter(is_given).peekable();
        if given.peek().is_some() && given.all(|entry| entry.cluster.is_some()) {
            return self.of(object).any(|entry| is_given(&entry)).then_some(1);
        }
        match self.in_one_cluster(crd, object.path()) {
            Some(true) => Some(1),
            Some(false) => None,
            None => Some(0),
        }
    }

    /// The config gives both files to a cluster; none where it does not say so of both.
    pub(super) fn in_one_cluster(&self, one: &RepoPath, two: &RepoPath) -> Option<bool> {
        let clusters = |path: &RepoPath| self.config.clusters_of(path.as_str());
        let (one, two) = (clusters(one), clusters(two));
        let shared = one.iter().any(|cluster| two.iter().any(|other| cluster.name == other.name));
        (!one.is_empty() && !two.is_empty()).then_some(shared)
    }

    /// Two files are for two clusters, by the config or by the folders that they lie in.
    pub(super) fn are_apart(&self, one: &RepoPath, two: &RepoPath) -> bool {
        let (folder, other) = (cluster_folder(one), cluster_folder(two));
        // A folder of one component is not called after a cluster.
        let by_folder = folder != other && folder.contains('/') && other.contains('/');
        self.in_one_cluster(one, two).map_or(by_folder, |shared| !shared)
    }

    pub(super) fn schemas(&self, entry: &Entry<'_>, object: &Object) -> Result<Vec<Schema>, Missing> {
        match &entry.holds {
            Holds::Nothing => Err(Missing::NoCrd),
            Holds::Files(files) => {
                for (path, why) in self.crds.unreadable(|path| is_below(path, entry.path)) {
                    self.mistake(
                        entry,
                        format!("schemas: {path} cannot be read: {why}"),
                        "mend the file, or move it elsewhere",
                    );
                }
                let is_inside = |path: &RepoPath| is_below(path, entry.path);
                match self.crds.nearest(object, |path| is_inside(path).then_some(0)) {
                    Err(Missing::NoCrd) if !files.json_schemas && !self.crds.is_any(is_inside) => {
                        self.empty(entry);
                        Err(Missing::NoCrd)
                    }
                    Err(Missing::NoCrd) if files.json_schemas => self.json_in(entry, files.is_one, object),
                    found => self.told(entry, found),
                }
            }
            Holds::Template(template) => {
                let paths = template.paths(&object.api_version, &object.key.kind, MinorSet::ALL);
                self.json(entry, paths, object)
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
                let pack = opened.as_ref().ok_or(Missing::NoCrd)?;
                let found = self.in_pack(pack, object, &Origin::Catalogue(file.path.clone()));
                self.told(entry, found.map(|schema| vec![schema]))
            }
        }
    }

    /// An entry without a CRD in any of its files, unless one of them cannot be read.
    fn empty(&self, entry: &Entry<'_>) {
        if self.crds.unreadable(|path| is_below(path, entry.path)).next().is_none() {
            let message =
                format!("schemas: `{}` holds no CustomResourceDefinition of apiextensions.k8s.io/v1", entry.path);
            self.mistake(entry, message, "name what holds some, or remove the entry");
        }
    }

    /// What cannot be used is a mistake of the entry that names it.
    fn told(&self, entry: &Entry<'_>, found: Result<Vec<Schema>, Missing>) -> Result<Vec<Schema>, Missing> {
        if let Err(missing @ Missing::Unusable(..)) = &found {
            self.mistake(entry, format!("schemas: {missing}"), "mend it");
        }
        found
    }

    fn json_in(&self, entry: &Entry<'_>, is_one: bool, object: &Object) -> Result<Vec<Schema>, Missing> {
        let names = layout::names(&object.api_version, &object.key.kind, MinorSet::ALL);
        let path = |name: String| match entry.path {
            path if is_one => ends_in(path, &name).then(|| path.to_owned()),
            "" => Some(name),
            folder => Some(format!("{folder}/{name}")),
        };
        self.json(entry, names.into_iter().filter_map(path).collect(), object)
    }

    /// The first of some files that there is and that speaks of the object's version.
    fn json(&self, entry: &Entry<'_>, paths: Vec<String>, object: &Object) -> Result<Vec<Schema>, Missing> {
        let tree = self.crds.tree();
        for path in paths {
            // What cannot be listed is told by whoever reads the tree.
            if !matches!(tree.entry(&path), Ok(Some(file)) if file.kind.is_regular()) {
                continue;
            }
            let origin = Origin::JsonSchema(path.as_str().into());
            match self.compiled(&SchemaFiles::Tree(tree.clone()), &path, origin, object) {
                Err(Missing::NoCrd) => {}
                Err(missing) => return self.told(entry, Err(missing)),
                Ok(schema) => return Ok(vec![schema]),
            }
        }
        Err(Missing::NoCrd)
    }

    /// A JSON Schema, if it speaks of the object's version; compiled once.
    fn compiled(&self, files: &SchemaFiles, path: &str, origin: Origin, object: &Object) -> Result<Schema, Missing> {
        let slot = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(compiled.entry((origin.clone(), path.to_owned())).or_default())
        };
        match slot.get_or_init(|| JsonSchema::load(files, path).map(Arc::new)) {
            Err(why) => Err(Missing::Unusable(origin, why.clone())),
            Ok(schema) if schema.is_for(&object.api_version, &object.key.kind) => {
                Ok(Schema { content: repository::Content::Json(Arc::clone(schema)), origin })
            }
            Ok(_) => Err(Missing::NoCrd),
        }
    }

    /// What a catalogue has for an object: a CRD before a JSON Schema.
    pub(super) fn in_pack(&self, pack: &Arc<Pack>, object: &Object, origin: &Origin) -> Result<Schema, Missing> {
        if pack.kind(group_of(&object.api_version), &object.key.kind).is_some() {
            return Schema { content: repository::Content::Pack(Arc::clone(pack)), origin: origin.clone() }
                .serving(object);
        }
        if pack.json_schemas().len() == 0 {
            return Err(Missing::NoCrd);
        }
        let files = SchemaFiles::Pack(Arc::clone(pack));
        let names = layout::names(&object.api_version, &object.key.kind, MinorSet::ALL);
        for name in names.iter().filter(|name| pack.has_json_schema(name)) {
            match self.compiled(&files, name, origin.clone(), object) {
                Err(Missing::NoCrd) => {}
                found => return found,
            }
        }
        Err(Missing::NoCrd)
    }

    fn open(&self, file: &TreeEntry) -> Result<Arc<Pack>, String> {
        match self.crds.tree().read_binary(file).map_err(|error| error.to_string())? {
            Content::Bytes(bytes) => catalog::open(bytes).map(Arc::new).map_err(|why| why.to_string()),
            Content::NotJudged(_, why) => Err(why),
        }
    }
}

/// A path ends in another one, whole components.
fn ends_in(path: &str, end: &str) -> bool {
    let rest = path.strip_suffix(end);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}
