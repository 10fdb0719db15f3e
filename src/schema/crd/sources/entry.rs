//! One entry of `schemas` in the config: what its path promises to hold.

use std::sync::{Arc, OnceLock};

use crate::config::{Config, ConfigError};
use crate::git::{EntryKind, Tree, TreeEntry};
use crate::inventory::is_manifest;
use crate::schema::crd::pack::Pack;
use crate::schema::json_schema::layout::{self, Template};
use crate::schema::json_schema::{Files as SchemaFiles, JsonSchema};
use crate::source::RepoPath;

/// One entry of `schemas`.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The file or folder, or a template of files.
    pub(super) path: &'a str,
    /// The entry in the config.
    pub(super) pointer: String,
    /// The cluster that it is for; every file when none.
    pub(super) cluster: Option<&'a str>,
    pub(super) holds: Holds,
}

#[derive(Debug)]
pub(super) enum Holds {
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
pub(super) struct Files {
    pub(super) yaml: bool,
    /// JSON files that are called as JSON Schemas are.
    pub(super) json_schemas: bool,
    /// The entry is a file itself.
    pub(super) is_one: bool,
}

/// Every entry of a config: its path, its pointer, and the cluster that it is for.
pub(super) fn written(config: &Config) -> impl Iterator<Item = (&str, String, Option<&str>)> {
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

pub(super) fn held(config: &Config, tree: &Tree, path: &str, pointer: &str) -> Result<Holds, Box<ConfigError>> {
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

pub(super) fn is_below(path: &RepoPath, top: &str) -> bool {
    let rest = path.as_str().strip_prefix(top);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || top.is_empty())
}
