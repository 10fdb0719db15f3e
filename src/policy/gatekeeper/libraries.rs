//! Which templates and constraints hold where: those of a cluster's own files, and those that lie in no cluster's.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::constraint::Constraint;
use super::template::Template;
use super::{Library, is_part, read};
use crate::change::named_cluster_folder;
use crate::config::Config;
use crate::manifest::object::{Object, group_of};
use crate::policy::engine::Fault;
use crate::source::RepoPath;

/// The libraries of a tree.
#[derive(Debug, Default)]
pub struct Libraries {
    all: Vec<Library>,
    /// Of the files of a cluster and of those without one.
    by_cluster: BTreeMap<String, usize>,
    /// Of the files without a cluster.
    common: Option<usize>,
    /// SHA-256 over the files.
    pub digest: [u8; 32],
}

/// A library that judges a file.
#[derive(Debug)]
pub struct Judges<'l> {
    /// Its place.
    pub at: usize,
    /// The library.
    pub library: &'l Library,
    /// The cluster whose objects it reads, where it reads any.
    pub scope: Option<String>,
    /// The config's clusters for which it judges; all of the file's when none is named.
    pub clusters: Option<Vec<String>>,
}

/// The clusters that a file is for: the config's; else the folder that is called after one.
pub(crate) fn clusters_of(config: &Config, path: &RepoPath) -> Vec<String> {
    let named: Vec<String> = config.clusters_of(path.as_str()).iter().map(|cluster| cluster.name.clone()).collect();
    if !named.is_empty() {
        return named;
    }
    named_cluster_folder(path).map(str::to_owned).into_iter().collect()
}

impl Libraries {
    /// The libraries of some files. The same object in several files of one cluster is one.
    #[must_use]
    pub fn load(config: &Config, files: &[(RepoPath, Arc<[u8]>)]) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut objects: Vec<(Vec<String>, Object)> = Vec::new();
        let mut hash = Sha256::new();
        for (path, bytes) in files {
            hash.update(bytes);
            let (found, wrong) = read(path.clone(), bytes);
            faults.extend(wrong);
            objects.extend(found.into_iter().map(|object| (clusters_of(config, path), object)));
        }
        let mut libraries = Self { digest: hash.finalize().into(), ..Self::default() };
        // The webhook's configuration alone asks nothing.
        let asks = |object: &Object| group_of(&object.api_version).ends_with("gatekeeper.sh");
        if !objects.iter().any(|(_, object)| asks(object)) {
            return (libraries, faults);
        }
        let mut names: Vec<Option<&String>> = objects.iter().flat_map(|(clusters, _)| clusters).map(Some).collect();
        names.push(None);
        names.sort();
        names.dedup();
        for name in names {
            let mut own: Vec<&Object> = Vec::new();
            for (clusters, object) in &objects {
                let is_for = clusters.is_empty() || name.is_some_and(|name| clusters.contains(name));
                let is_same = |known: &&Object| known.key == object.key && known.value().same(object.value());
                if is_for && is_part(group_of(&object.api_version), &object.key.kind) && !own.iter().any(is_same) {
                    own.push(object);
                }
            }
            let (library, wrong) = Library::load(own);
            faults.extend(wrong);
            faults.extend(library.compile());
            libraries.all.push(library);
            let at = libraries.all.len() - 1;
            match name {
                Some(name) => _ = libraries.by_cluster.insert(name.clone(), at),
                None => libraries.common = Some(at),
            }
        }
        (libraries, faults)
    }

    /// The libraries that judge a file.
    #[must_use]
    pub fn of(&self, config: &Config, path: &RepoPath) -> Vec<Judges<'_>> {
        let clusters = clusters_of(config, path);
        let is_config = !config.clusters_of(path.as_str()).is_empty();
        // A library that reads other objects is asked for each cluster, whose objects are not those of another.
        let scope = |at: usize, cluster: &String| {
            self.all.get(at).is_some_and(Library::reads_inventory).then(|| cluster.clone())
        };
        let mut found: BTreeMap<(usize, Option<String>), Vec<String>> = BTreeMap::new();
        for cluster in &clusters {
            if let Some(at) = self.by_cluster.get(cluster).copied().or(self.common) {
                found.entry((at, scope(at, cluster))).or_default().push(cluster.clone());
            }
        }
        if clusters.is_empty() {
            found.extend(self.common.map(|at| ((at, None), Vec::new())));
        }
        let is_all = !is_config || found.len() <= 1;
        let judges = |((at, scope), names)| {
            Some(Judges { at, library: self.all.get(at)?, scope, clusters: (!is_all).then_some(names) })
        };
        found.into_iter().filter_map(judges).collect()
    }

    /// The constraints, those of several clusters once.
    pub fn constraints(&self) -> impl Iterator<Item = &Constraint> {
        let mut seen = HashSet::new();
        let all = self.all.iter().flat_map(Library::constraints);
        all.filter(move |constraint| seen.insert((constraint.object.key.kind.clone(), constraint.name.clone())))
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The templates with constraints that are judged by their Rego, and in a cluster by their CEL: each file once.
    #[must_use]
    pub fn judged_by_cel(&self) -> BTreeMap<&RepoPath, &Template> {
        let templates = self.all.iter().flat_map(Library::constraints).map(|constraint| &*constraint.template);
        let by_both = templates.filter(|template| template.has_cel && template.not_judged().is_none());
        by_both.map(|template| (template.object.path(), template)).collect()
    }

    /// The constraints whose templates may read objects of some kinds.
    #[must_use]
    pub fn readers_of(&self, kinds: &BTreeSet<String>) -> Vec<&Constraint> {
        self.all.iter().flat_map(|library| library.readers_of(kinds)).collect()
    }
}
