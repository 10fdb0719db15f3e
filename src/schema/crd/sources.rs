//! Where the schema of a custom resource is looked for: the CRDs of the side's own tree, the `schemas` of the config as
//! the trust commit has them, the catalogue of the build. Groups that are built in are never asked for here.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::catalog;
use super::pack::Pack;
use super::repository::{self, Crds, Missing, Origin, Schema};
use crate::change::cluster_folder;
use crate::config::{Config, ConfigError, Scope};
use crate::git::{Content, EntryKind, Tree, TreeEntry};
use crate::inventory::is_manifest;
use crate::manifest::classify::tests_around;
use crate::manifest::object::{Object, group_of};
use crate::schema::json_schema::layout::{self, Template};
use crate::schema::json_schema::{Files as SchemaFiles, JsonSchema};
use crate::schema::minors::MinorSet;
use crate::source::RepoPath;

/// What the config names under `schemas`.
#[derive(Debug)]
pub struct Entries<'a> {
    config: &'a Config,
    /// Those of the tree whose entries count.
    crds: &'a Crds<'a>,
    all: Vec<Entry<'a>>,
    mistakes: Mutex<Vec<ConfigError>>,
    /// JSON Schemas by where they come from and their file.
    compiled: Mutex<HashMap<(Origin, String), Slot>>,
}

/// A JSON Schema that is compiled once, by whoever comes first.
type Slot = Arc<OnceLock<Result<Arc<JsonSchema>, String>>>;

/// One entry of `schemas`.
#[derive(Debug)]
struct Entry<'a> {
    /// The file or folder, or a template of files.
    path: &'a str,
    /// The entry in the config.
    pointer: String,
    /// The cluster that it is for; every file when none.
    cluster: Option<&'a str>,
    holds: Holds,
}

#[derive(Debug)]
enum Holds {
    /// CRDs, as YAML or JSON, and JSON Schemas.
    Files(Files),
    /// JSON Schemas whose files have such paths.
    Template(Template),
    /// A catalogue, which is opened when the first kind is looked for.
    Catalogue(TreeEntry, OnceLock<Option<Arc<Pack>>>),
    /// Nothing that can be used: a mistake says why.
    Nothing,
}

/// What the names of an entry's files promise.
#[derive(Clone, Copy, Debug)]
struct Files {
    yaml: bool,
    /// JSON files that are called as JSON Schemas are.
    json_schemas: bool,
    /// The entry is a file itself.
    is_one: bool,
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

/// Why a file of a tree cannot be used, if a config takes it for a JSON Schema.
#[must_use]
pub fn broken_json_schema(config: &Config, tree: &Tree, path: &RepoPath) -> Option<String> {
    let takes = |entry: &str| match Template::parse(entry) {
        Ok(template) if Template::is_one(entry) => is_below(path, template.folder()),
        _ => is_below(path, entry) && layout::is_name(path.file_name()),
    };
    let is_one = path.extension() == "json" && written(config).any(|(entry, ..)| takes(entry));
    is_one.then(|| JsonSchema::load(&SchemaFiles::Tree(tree.clone()), path.as_str()).err()).flatten()
}

fn held(config: &Config, tree: &Tree, path: &str, pointer: &str) -> Result<Holds, Box<ConfigError>> {
    let wrong = |message: String, help: &str| Err(Box::new(config.mistake(pointer, message, help)));
    if path.contains("://") {
        return wrong(
            format!("schemas: `{path}` is an address, and nothing is fetched"),
            "copy the schemas into the repository, and name their folder",
        );
    }
    if Template::is_one(path) {
        return match template(tree, path) {
            Ok(template) => Ok(Holds::Template(template)),
            Err((why, help)) => wrong(format!("schemas: `{path}`: {why}"), &help),
        };
    }
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
        EntryKind::File | EntryKind::Executable if is_manifest(&entry.path) => vec![entry],
        EntryKind::File | EntryKind::Executable => return Ok(Holds::Catalogue(entry, OnceLock::new())),
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
    let has = |is_it: &dyn Fn(&RepoPath) -> bool| files.iter().any(|file| is_it(&file.path));
    let yaml = has(&|path| matches!(path.extension().as_str(), "yaml" | "yml"));
    if !yaml && !has(&|path| path.extension() == "json") {
        return wrong(
            format!("schemas: `{path}` holds no file with CustomResourceDefinitions"),
            "name a folder or file with CRDs (.yaml, .yml, .json) or JSON Schemas (.json), or a catalogue file",
        );
    }
    let json_schemas = has(&|path| layout::is_name(path.file_name()));
    Ok(Holds::Files(Files { yaml, json_schemas, is_one: files.first().is_some_and(|file| file.path.as_str() == path) }))
}

/// A template whose folder holds JSON files, or why not and what to do.
fn template(tree: &Tree, path: &str) -> Result<Template, (String, String)> {
    let template = Template::parse(path).map_err(|error| (error.to_string(), error.help()))?;
    let folder = template.folder();
    let files = tree.files(folder).map_err(|error| (error.to_string(), "mend it, or remove the entry".to_owned()))?;
    if files.iter().any(|file| file.path.extension() == "json") {
        return Ok(template);
    }
    let place = if folder.is_empty() { "the repository".to_owned() } else { format!("the folder `{folder}`") };
    let help = "schemas are read from where the config is read; add the files there, or remove the entry";
    Err((format!("{place} of the tree whose rules count holds no JSON file"), help.to_owned()))
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
    fn of(&self, object: &Object) -> impl Iterator<Item = &Entry<'a>> {
        let clusters = if self.all.is_empty() { Vec::new() } else { self.config.clusters_of(object.path().as_str()) };
        self.all
            .iter()
            .filter(move |entry| entry.cluster.is_none_or(|name| clusters.iter().any(|cluster| cluster.name == name)))
    }

    /// Whether a CRD of the repository holds for an object: not, if the config gives it to other clusters alone; before
    /// others, if it gives it to the object's own.
    fn rank(&self, object: &Object, crd: &RepoPath) -> Option<u8> {
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
    fn in_one_cluster(&self, one: &RepoPath, two: &RepoPath) -> Option<bool> {
        let clusters = |path: &RepoPath| self.config.clusters_of(path.as_str());
        let (one, two) = (clusters(one), clusters(two));
        let shared = one.iter().any(|cluster| two.iter().any(|other| cluster.name == other.name));
        (!one.is_empty() && !two.is_empty()).then_some(shared)
    }

    /// Two files are for two clusters, by the config or by the folders that they lie in.
    fn are_apart(&self, one: &RepoPath, two: &RepoPath) -> bool {
        let (folder, other) = (cluster_folder(one), cluster_folder(two));
        // A folder of one component is not called after a cluster.
        let by_folder = folder != other && folder.contains('/') && other.contains('/');
        self.in_one_cluster(one, two).map_or(by_folder, |shared| !shared)
    }

    fn schemas(&self, entry: &Entry<'_>, object: &Object) -> Result<Vec<Schema>, Missing> {
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
    fn in_pack(&self, pack: &Arc<Pack>, object: &Object, origin: &Origin) -> Result<Schema, Missing> {
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
    /// The CRDs of the trust commit, where the side may add others of the same kinds.
    pub trusted: Option<&'a Crds<'a>>,
}

/// Who judges an object: it must satisfy every group, and of a group one schema. The first one is the nearest.
#[derive(Clone, Debug)]
pub struct Judges(pub Vec<Vec<Schema>>);

impl Judges {
    /// The nearest schema.
    #[must_use]
    pub fn first(&self) -> Option<&Schema> {
        self.0.first()?.first()
    }
}

impl<'a> Sources<'a> {
    /// The schemas of an object's version.
    ///
    /// # Errors
    /// Why there is none, as the first place says that knows its kind.
    pub fn of(&self, object: &Object) -> Result<Judges, Missing> {
        let rank = |path: &RepoPath| self.rank(self.crds, object, path);
        let mut missing = match self.crds.nearest(object, rank) {
            Err(missing @ (Missing::NoCrd | Missing::Unusable(..))) => missing,
            Err(not_served) => return Err(not_served),
            Ok(found) => return Ok(self.with_trusted(object, found)),
        };
        let mut told = |found: Missing| {
            if missing == Missing::NoCrd {
                missing = found;
            }
        };
        for entry in self.entries.of(object) {
            match self.entries.schemas(entry, object) {
                Ok(found) => return Ok(Judges(vec![found])),
                Err(found) => told(found),
            }
        }
        if let Some(pack) = catalog::built_in() {
            match self.entries.in_pack(pack, object, &Origin::BuiltIn) {
                Ok(schema) => return Ok(Judges(vec![vec![schema]])),
                Err(found) => told(found),
            }
        }
        Err(missing)
    }

    /// The rank of a tree's CRD for an object. What the config excludes, what a chart brings and test data are no source, and
    /// what is set up for tests is one for them alone.
    fn rank(&self, crds: &Crds<'_>, object: &Object, path: &RepoPath) -> Option<u8> {
        let tests = tests_around(path);
        let is_for_it = tests.is_none() || tests == tests_around(object.path());
        (is_for_it && self.counts(crds, path)).then(|| self.entries.rank(object, path)).flatten()
    }

    fn counts(&self, crds: &Crds<'_>, path: &RepoPath) -> bool {
        !matches!(self.entries.config.scope(path.as_str()), Scope::Excluded(Some(_))) && crds.is_state(path)
    }

    /// Where the side adds the schema of an object, the trust commit's own one judges beside it.
    fn with_trusted(&self, object: &Object, found: Vec<Schema>) -> Judges {
        let added = |schema: &Schema| match &schema.origin {
            Origin::Crd(path) => self.is_added(path, object),
            _ => false,
        };
        let mut groups = vec![found];
        if let Some(first) = groups.iter().flatten().next().filter(|_| groups.iter().flatten().all(added))
            && let Origin::Crd(path) = &first.origin
            && let Some(covering) = self.covering(path, object)
            && !covering.iter().any(|schema| schema.same(first))
        {
            groups.push(covering);
        }
        Judges(groups)
    }

    fn is_added(&self, path: &RepoPath, object: &Object) -> bool {
        let defining = |crds: &Crds<'_>| crds.defining(group_of(&object.api_version), &object.key.kind).contains(path);
        self.trusted.is_some_and(|trusted| !defining(trusted))
    }

    /// What the trust commit has for an object, and the side keeps, when the side adds a CRD of its kind. CRDs for other
    /// clusters are no news.
    fn covering(&self, added: &RepoPath, object: &Object) -> Option<Vec<Schema>> {
        let kept = self.crds.defining(group_of(&object.api_version), &object.key.kind);
        let trusted = self.trusted?;
        let rank = |path: &RepoPath| {
            let counts = kept.contains(path) && !self.entries.are_apart(added, path);
            counts.then(|| self.rank(trusted, object, path)).flatten()
        };
        if let Ok(found) = trusted.nearest(object, rank) {
            return Some(found);
        }
        let other = |entry: &&Entry<'_>| !matches!(entry.holds, Holds::Files(Files { yaml: true, .. }));
        self.entries.of(object).filter(other).find_map(|entry| self.entries.schemas(entry, object).ok())
    }

    /// What the trust commit has for the kind of a CRD that the side adds in a file: `crd` speaks of one of its versions.
    #[must_use]
    pub fn covered(&self, crd: &RepoPath, object: &Object) -> Option<Origin> {
        let covering =
            if self.counts(self.crds, crd) && self.is_added(crd, object) { self.covering(crd, object) } else { None };
        covering?.into_iter().next().map(|schema| schema.origin)
    }

    /// Another file of the side that defines a kind for the same cluster, and otherwise.
    #[must_use]
    pub fn contradicting(&self, crd: &RepoPath, group: &str, kind: &str) -> Option<&'a RepoPath> {
        let crds = self.crds;
        let own = crds.at(crd, group, kind).ok().filter(|_| self.counts(crds, crd))?;
        crds.defining(group, kind).iter().find(|other| {
            let together = self.entries.in_one_cluster(crd, other).unwrap_or_else(|| crd.folder() == other.folder());
            *other != crd
                && together
                && self.counts(crds, other)
                && crds.at(other, group, kind).is_ok_and(|other| !other.same(&own))
        })
    }

    /// The places where a schema of an object was looked for, in words.
    #[must_use]
    pub fn places(&self, object: &Object) -> impl fmt::Display {
        let idle = self.crds.defining(group_of(&object.api_version), &object.key.kind).first();
        let mut places = vec![match idle {
            Some(path) => format!("the repository ({path} does not count: excluded, a chart's or test data)"),
            None => "the repository".to_owned(),
        }];
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
