//! Who uses a file: the kustomizations of a tree as a graph, loaded as far as the questions need.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::folder::{Signs, folders_above, join};
use super::records::limit;
use super::store::{Facet, lock};
use super::{Inventory, Located};
use crate::git::GitError;
use crate::manifest::kustomization::{How, Kustomization, is_kustomization};
use crate::source::{RepoPath, Span};

/// One use of a path by a kustomization file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    /// The kustomization file.
    pub kustomization: RepoPath,
    /// Where it says so, in its decoded text.
    pub span: Span,
    /// As what.
    pub how: How,
}

/// The kustomizations that take a file up, directly or through others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// Those that no other kustomization uses, components left out, by path. Empty also where all of them use each
    /// other in a circle, which kustomize refuses.
    pub tops: Vec<RepoPath>,
    /// All of them, the tops included, by path.
    pub through: Vec<RepoPath>,
}

/// What is loaded so far.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Folders of which every kustomization is loaded that lies in them or climbs up to them.
    searched: HashSet<String>,
    loaded: HashSet<RepoPath>,
    components: HashSet<RepoPath>,
    users: HashMap<RepoPath, Vec<Usage>>,
}

impl Graph {
    fn load(&mut self, file: Located<Kustomization>) {
        let Located { path, fact } = file;
        if !self.loaded.insert(path.clone()) {
            return;
        }
        if fact.component {
            self.components.insert(path.clone());
        }
        for used in fact.uses {
            let Some(target) = used.target.at(path.folder()) else { continue };
            let usage = Usage { kustomization: path.clone(), span: used.span, how: used.how };
            self.users.entry(target).or_default().push(usage);
        }
    }
}

impl Inventory<'_> {
    /// The kustomization files that name a path, be it a file or a folder, sorted. The path need not exist.
    ///
    /// A file that kustomize would refuse is no user the less: what it names is meant to be used.
    pub fn users_of(&self, path: &str) -> Result<Vec<Usage>, GitError> {
        // The path itself too: a folder may be named by kustomizations in it or below it, which kustomize calls a circle.
        for above in std::iter::once(path).chain(folders_above(path)) {
            self.search(above)?;
        }
        let mut users = lock(&self.graph).users.get(&RepoPath::from(path)).cloned().unwrap_or_default();
        users.sort_unstable();
        Ok(users)
    }

    /// The kustomizations that take a file up: those that name it or the chart it lies in, itself if it is one, and all
    /// that use their folders.
    pub fn roots_of(&self, path: &str) -> Result<Roots, GitError> {
        let named = self.users_of(path)?.into_iter().map(|usage| usage.kustomization);
        let mut open: Vec<RepoPath> = named.collect();
        for above in folders_above(path).filter(|above| !above.is_empty()) {
            let users = self.users_of(above)?;
            open.extend(users.into_iter().filter(|usage| usage.how == How::HelmChart).map(|usage| usage.kustomization));
        }
        let own = RepoPath::from(path);
        if is_kustomization(own.file_name()) && self.tree().entry(path)?.is_some() {
            open.push(own);
        }
        let (mut tops, mut through) = (BTreeSet::new(), BTreeSet::new());
        while let Some(file) = open.pop() {
            if !through.insert(file.clone()) {
                continue;
            }
            let mut users: Vec<RepoPath> =
                self.users_of(file.folder())?.into_iter().map(|usage| usage.kustomization).collect();
            users.retain(|user| *user != file);
            if users.is_empty() && !lock(&self.graph).components.contains(&file) {
                tops.insert(file);
            }
            open.append(&mut users);
        }
        Ok(Roots { tops: tops.into_iter().collect(), through: through.into_iter().collect() })
    }

    /// The `vars` that kustomize replaces in a file: it gathers them from all that a top takes, and replaces them in all of
    /// it (`AccumulateTarget` and `ResolveVars` of its accumulator).
    pub fn variables_for(&self, path: &str) -> Result<HashSet<String>, GitError> {
        let roots = self.roots_of(path)?;
        let (mut variables, mut seen) = (HashSet::new(), HashSet::new());
        let mut open: Vec<String> = roots.through.iter().map(|file| file.folder().to_owned()).collect();
        while let Some(folder) = open.pop() {
            if !seen.insert(folder.clone()) {
                continue;
            }
            limit(path, seen.len() + open.len())?;
            for Located { fact, .. } in &*self.kustomizations_in(&folder)? {
                let taken =
                    fact.uses.iter().filter(|used| matches!(used.how, How::Resource | How::Base | How::Component));
                open.extend(taken.filter_map(|used| used.target.at(&folder)).map(|target| target.as_str().to_owned()));
                variables.extend(fact.variables.iter().cloned());
            }
        }
        Ok(variables)
    }

    /// Load every kustomization in a folder, and those below it whose uses climb up to it.
    ///
    /// The graph is not locked meanwhile: the work is parallel, and a thread that helps with it may ask here too.
    fn search(&self, folder: &str) -> Result<(), GitError> {
        if lock(&self.graph).searched.contains(folder) {
            return Ok(());
        }
        let mut files = Vec::new();
        let mut visited = 0;
        let mut open = Vec::new();
        open.extend(self.folder(Facet::Names, folder)?.map(|record| (folder.to_owned(), 0_u32, record)));
        while let Some((path, depth, record)) = open.pop() {
            for file in record.with_sign(Signs::KUSTOMIZATION) {
                let file = self.kustomization_of(&join(&path, &file.name), file)?;
                if file.fact.climb() >= depth {
                    files.push(file);
                }
            }
            for below in record.subfolders.iter().filter(|below| u32::from(below.summary.climb) > depth) {
                let path = join(&path, &below.name);
                open.extend(self.subfolder(Facet::Names, &path, below)?.map(|record| (path, depth + 1, record)));
            }
            visited += 1;
            limit(folder, files.len() + open.len() + visited)?;
        }
        let mut graph = lock(&self.graph);
        for file in files {
            graph.load(file);
        }
        graph.searched.insert(folder.to_owned());
        Ok(())
    }
}
