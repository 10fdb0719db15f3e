//! What a tree holds, memoised: kustomizations and who uses what, charts, test suites, Flux and Argo CD paths, CRDs,
//! objects.
//!
//! Facts of one file's bytes are kept under its blob id, records of folders under their tree id (see [`store`]). A
//! record summarises what lies below, so that a search descends only where it must. What depends on neighbours (is this
//! file a patch?) is never kept; callers work it out from the answers here. Facets are computed when first asked for.
//!
//! Symbolic links are not followed: a path that leads through one is not found.

mod facts;
mod folder;
mod graph;
mod records;
mod segment;
pub mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::git::{Content, GitError, Tree, TreeEntry};
use crate::manifest::kustomization::{Kustomization, is_kustomization};
use crate::source::RepoPath;
pub(crate) use facts::GATEKEEPER_WEBHOOK;
pub use facts::{ArgoPath, Crd, Declarations, FluxPath, Namespace, ObjectFact, Objects, SopsRule};
use folder::{Id, Notable, Signs, Summary, folders_above, join};
pub use graph::{Roots, Usage};
use records::Memo;
use store::{Facet, Key, Store, lock};

/// A fact and the file that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The file.
    pub path: RepoPath,
    /// What it says.
    pub fact: T,
}

/// Facts from many files, by path, and the files that may hold more but could not be read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered<T> {
    /// The facts.
    pub found: Vec<Located<T>>,
    /// Files that could not be read whole, and why.
    pub problems: Vec<Located<String>>,
}

/// How many files a tree has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileCount {
    /// All files, symbolic links included, submodules not.
    pub files: u32,
    /// Of these, the ones with a manifest's name.
    pub manifests: u32,
}

/// What one tree holds. It may be asked from many threads.
#[derive(Debug)]
pub struct Inventory<'s> {
    tree: Tree,
    store: &'s Store,
    beside: Option<&'s Inventory<'s>>,
    folders: Mutex<Memo>,
    nearest: Mutex<HashMap<Signs, HashMap<String, Nearest>>>,
    graph: Mutex<graph::Graph>,
    /// By folder.
    kustomizations: Mutex<HashMap<String, Arc<[Located<Kustomization>]>>>,
    gatekeeper: OnceLock<Gathered<()>>,
}

/// The nearest folder at or above one that holds a file of a kind, and the file's name.
type Nearest = Option<(RepoPath, String)>;

/// A file that makes its folder a test suite: chainsaw's, the kyverno CLI's, or a step by which kuttl asserts
/// (`00-assert.yaml`). kuttl's own `kuttl-test.yaml` says nothing of its folder: the suites that it names lie elsewhere.
#[must_use]
pub fn is_suite_marker(name: &str) -> bool {
    matches!(name, "chainsaw-test.yaml" | "chainsaw-test.yml" | "kyverno-test.yaml") || is_step(name)
}

/// A step by which kuttl asserts.
fn is_step(name: &str) -> bool {
    let (number, rest) = name.split_once('-').unwrap_or_default();
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(rest, "assert.yaml" | "assert.yml" | "errors.yaml" | "errors.yml")
}

/// A file whose name says that it may hold manifests.
#[must_use]
pub fn is_manifest(path: &RepoPath) -> bool {
    matches!(path.extension().as_str(), "yaml" | "yml" | "json") || is_kustomization(path.file_name())
}

impl<'s> Inventory<'s> {
    /// The inventory of a tree. Nothing is read yet.
    #[must_use]
    pub fn new(tree: Tree, store: &'s Store) -> Self {
        Self {
            tree,
            store,
            beside: None,
            folders: Mutex::default(),
            nearest: Mutex::default(),
            graph: Mutex::default(),
            kustomizations: Mutex::default(),
            gatekeeper: OnceLock::new(),
        }
    }

    /// The inventory of a tree that is mostly equal to another one: what the other knows of equal folders is taken from
    /// it, also where a single changed folder has many unchanged ones in it.
    #[must_use]
    pub fn beside(tree: Tree, other: &'s Inventory<'s>) -> Self {
        Self { beside: Some(other), ..Self::new(tree, other.store) }
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// How many files the tree has.
    pub fn count_files(&self) -> Result<FileCount, GitError> {
        let summary = self.folder(Facet::Names, "")?.map_or_else(Summary::default, |top| top.summary);
        Ok(FileCount { files: summary.files, manifests: summary.manifests })
    }

    /// Every kustomization file in a folder and below it, by path.
    pub fn kustomizations_below(&self, folder: &str) -> Result<Vec<Located<Kustomization>>, GitError> {
        let files = self.holding(Facet::Names, folder, Signs::KUSTOMIZATION)?;
        files.par_iter().map(|(path, file)| self.kustomization_of(path, file)).collect()
    }

    /// A kustomization file lies in a folder or below it.
    pub fn has_kustomization_below(&self, folder: &str) -> Result<bool, GitError> {
        let record = self.folder(Facet::Names, folder)?;
        Ok(record.is_some_and(|record| record.summary.signs.any(Signs::KUSTOMIZATION)))
    }

    /// The kustomization files of a folder itself: none, one, or several, which kustomize refuses.
    pub fn kustomizations_in(&self, folder: &str) -> Result<Arc<[Located<Kustomization>]>, GitError> {
        if let Some(known) = lock(&self.kustomizations).get(folder) {
            return Ok(Arc::clone(known));
        }
        // Every file of a folder asks for them, and one may be large.
        let record = self.folder(Facet::Names, folder)?;
        let files = record.iter().flat_map(|record| record.with_sign(Signs::KUSTOMIZATION));
        let found =
            files.map(|file| self.kustomization_of(&join(folder, &file.name), file)).collect::<Result<_, _>>()?;
        Ok(Arc::clone(lock(&self.kustomizations).entry(folder.to_owned()).or_insert(found)))
    }

    /// The nearest folder above a path with a `Chart.yaml`.
    pub fn chart_of(&self, path: &str) -> Result<Option<RepoPath>, GitError> {
        Ok(self.nearest(path, Signs::CHART)?.map(|(folder, _)| folder))
    }

    /// The file that makes the nearest folder above a path a test suite of chainsaw or kuttl.
    pub fn suite_of(&self, path: &str) -> Result<Option<RepoPath>, GitError> {
        let found = self.nearest(path, Signs::SUITE)?;
        Ok(found.map(|(folder, name)| join(folder.as_str(), &name).as_str().into()))
    }

    /// The nearest folder above a path that holds a file with one of the signs. Asked for every file, so the answer for
    /// its folder is kept.
    fn nearest(&self, path: &str, signs: Signs) -> Result<Nearest, GitError> {
        let Some(folder) = folders_above(path).next() else { return Ok(None) };
        let known = lock(&self.nearest).get(&signs).and_then(|folders| folders.get(folder)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut found = None;
        for above in folders_above(path) {
            let Some(record) = self.folder(Facet::Names, above)? else { continue };
            // A suite that says what it is may call its files as kuttl does.
            if let Some(file) = record.with_sign(signs).min_by_key(|file| is_step(&file.name)) {
                found = Some((above.into(), file.name.clone()));
                break;
            }
        }
        lock(&self.nearest).entry(signs).or_default().insert(folder.to_owned(), found.clone());
        Ok(found)
    }

    /// Every Flux Kustomization, by file.
    pub fn flux_paths(&self) -> Result<Gathered<FluxPath>, GitError> {
        self.declared(Signs::FLUX, |facts| facts.flux)
    }

    /// Every path of an Argo CD Application or `ApplicationSet`, by file.
    pub fn argo_paths(&self) -> Result<Gathered<ArgoPath>, GitError> {
        self.declared(Signs::ARGO, |facts| facts.argo)
    }

    /// Every custom resource definition, by file.
    pub fn crds(&self) -> Result<Gathered<Crd>, GitError> {
        self.declared(Signs::CRD, |facts| facts.crds)
    }

    /// Every Namespace with its labels, by file.
    pub fn namespaces(&self) -> Result<Gathered<Namespace>, GitError> {
        self.declared(Signs::NAMESPACE, |facts| facts.namespaces)
    }

    /// The files with something of Gatekeeper's.
    pub fn gatekeeper_files(&self) -> Result<Gathered<()>, GitError> {
        if let Some(known) = self.gatekeeper.get() {
            return Ok(known.clone());
        }
        let found = self.declared(Signs::GATEKEEPER, |facts| if facts.gatekeeper { vec![()] } else { Vec::new() })?;
        Ok(self.gatekeeper.get_or_init(|| found).clone())
    }

    /// The creation rules of every `.sops.yaml`, by file and then in the order of the file: the first that matches
    /// counts, and of several files the nearest one above a path.
    pub fn sops_rules(&self) -> Result<Gathered<SopsRule>, GitError> {
        let mut gathered = Gathered { found: Vec::new(), problems: Vec::new() };
        for (path, _) in self.holding(Facet::Names, "", Signs::SOPS)? {
            let (rules, problem) = match self.read(&path)? {
                Ok(bytes) => facts::sops_rules(&bytes),
                Err(why) => (Vec::new(), Some(why)),
            };
            gathered.add(&path, rules, problem);
        }
        Ok(gathered)
    }

    /// The objects of one file; none where it cannot be read.
    pub fn objects_in(&self, path: &str) -> Result<Vec<ObjectFact>, GitError> {
        let Some(file) = self.tree.entry(path)?.filter(|entry| entry.kind.is_regular()) else { return Ok(Vec::new()) };
        let facts = self.fact(Facet::Objects, file.id.map(|id| *id.as_bytes()), || {
            Ok(self
                .content(&file)?
                .map_or_else(|why| Objects { problem: Some(why), ..Objects::default() }, |bytes| Objects::read(&bytes)))
        })?;
        Ok(facts.objects)
    }

    /// Every document with an `apiVersion` and a `kind` in files with a manifest's name, whatever else the file may be
    /// (patch, template, test), by file. Reads the whole tree when it is not memoised; what the files declare is memoised
    /// with it, so whoever needs both asks for objects first.
    pub fn objects(&self) -> Result<Gathered<ObjectFact>, GitError> {
        let files = self.tree.files("")?;
        let manifests: Vec<&TreeEntry> =
            files.iter().filter(|file| file.kind.is_regular() && is_manifest(&file.path)).collect();
        let facts: Vec<Objects> = manifests
            .par_iter()
            .map(|file| {
                self.fact(Facet::Objects, file.id.map(|id| *id.as_bytes()), || {
                    Ok(match self.content(file)? {
                        Ok(bytes) => {
                            if let Some(id) = file.id {
                                self.declarations(Some(*id.as_bytes()), || Ok(Ok(&bytes)))?;
                            }
                            Objects::read(&bytes)
                        }
                        Err(why) => Objects { problem: Some(why), ..Objects::default() },
                    })
                })
            })
            .collect::<Result<_, _>>()?;
        let mut gathered = Gathered { found: Vec::new(), problems: Vec::new() };
        for (file, facts) in manifests.into_iter().zip(facts) {
            gathered.add(file.path.as_str(), facts.objects, facts.problem);
        }
        Ok(gathered)
    }

    fn declared<T>(&self, signs: Signs, take: impl Fn(Declarations) -> Vec<T>) -> Result<Gathered<T>, GitError> {
        let mut gathered = Gathered { found: Vec::new(), problems: Vec::new() };
        for (path, file) in self.holding(Facet::Contents, "", signs.with(Signs::PROBLEM))? {
            let mut facts = self.declarations(file.id, || self.read(&path))?;
            let problem = facts.problem.take();
            gathered.add(&path, take(facts), problem);
        }
        Ok(gathered)
    }

    fn declarations<B: AsRef<[u8]>>(
        &self,
        id: Option<Id>,
        read: impl FnOnce() -> Result<Result<B, String>, GitError>,
    ) -> Result<Declarations, GitError> {
        self.fact(Facet::Declarations, id, || {
            Ok(match read()? {
                Ok(bytes) => Declarations::read(bytes.as_ref()),
                Err(why) => Declarations { problem: Some(why), ..Declarations::default() },
            })
        })
    }

    fn kustomization_of(&self, path: &str, file: &Notable) -> Result<Located<Kustomization>, GitError> {
        if file.is_link {
            let fact = Kustomization::unreadable("it is a symbolic link, which is not followed".into());
            return Ok(Located { path: path.into(), fact });
        }
        let fact = self.fact(Facet::Kustomization, file.id, || {
            Ok(match self.read(path)? {
                Ok(bytes) => facts::kustomization(&bytes),
                Err(why) => Kustomization::unreadable(why),
            })
        })?;
        Ok(Located { path: path.into(), fact })
    }

    /// A fact of a blob: the stored one, else the one that `read` makes, which is then stored.
    fn fact<T: Serialize + DeserializeOwned + Default + PartialEq>(
        &self,
        facet: Facet,
        id: Option<Id>,
        read: impl FnOnce() -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        let key = id.map(|id| Key { id, facet });
        // Most files declare nothing: such a fact takes no bytes.
        let decode =
            |bytes: &[u8]| if bytes.is_empty() { Some(T::default()) } else { serde_json::from_slice(bytes).ok() };
        if let Some(fact) = key.and_then(|key| self.store.get(key, decode)) {
            return Ok(fact);
        }
        let made = read()?;
        if let Some(key) = key {
            let bytes = if made == T::default() { Ok(Vec::new()) } else { serde_json::to_vec(&made) };
            if let Ok(bytes) = bytes {
                self.store.put(key, bytes);
            }
        }
        Ok(made)
    }

    /// The bytes of a file, or why they cannot be read.
    fn read(&self, path: &str) -> Result<Result<Vec<u8>, String>, GitError> {
        match self.tree.entry(path)? {
            Some(entry) => self.content(&entry),
            None => Ok(Err("it is not in the tree".into())),
        }
    }

    fn content(&self, entry: &TreeEntry) -> Result<Result<Vec<u8>, String>, GitError> {
        Ok(match self.tree.read(entry)? {
            Content::Bytes(bytes) => Ok(bytes),
            Content::NotJudged(_, why) => Err(why),
        })
    }
}

impl<T> Gathered<T> {
    fn add(&mut self, path: &str, facts: Vec<T>, problem: Option<String>) {
        let path = RepoPath::from(path);
        self.found.extend(facts.into_iter().map(|fact| Located { path: path.clone(), fact }));
        self.problems.extend(problem.map(|fact| Located { path, fact }));
    }
}
