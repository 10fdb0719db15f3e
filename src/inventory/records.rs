//! Records of folders: looked up, or made for a folder and everything below it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::folder::{Folder, Id, Notable, Signs, Subfolder, Summary, folders_above, join};
use super::store::{Facet, Key, lock};
use super::{Inventory, is_manifest};
use crate::git::{EntryKind, GitError, TreeEntry};
use crate::source::RepoPath;

/// How many folders and files one search may visit. A repository of 200,000 files has some 70,000 folders and
/// kustomizations; a "git bomb" of a few kilobytes has 10^10.
const MAX_FOUND: usize = 500_000;

/// The records that this run has asked for, by path; none where there is no such folder.
pub(super) type Memo = HashMap<Facet, HashMap<String, Option<Arc<Folder>>>>;

/// A folder while its record is made: its files are known, of its subfolders perhaps only the entry.
struct Listing {
    entry: TreeEntry,
    folder: Folder,
    /// Subfolders whose summary is not known yet: place in `folder.subfolders`, entry.
    open: Vec<(usize, TreeEntry)>,
}

impl Inventory<'_> {
    /// The files with one of the signs in a folder and below it, by path.
    pub(super) fn holding(&self, facet: Facet, folder: &str, signs: Signs) -> Result<Vec<(String, Notable)>, GitError> {
        let mut found = Vec::new();
        let Some(top) = self.folder(facet, folder)? else { return Ok(found) };
        let mut open = vec![(folder.to_owned(), top)];
        let mut visited = 0;
        while let Some((path, record)) = open.pop() {
            found.extend(record.with_sign(signs).map(|file| (join(&path, &file.name), file.clone())));
            for below in record.subfolders.iter().filter(|below| below.summary.signs.any(signs)) {
                let path = join(&path, &below.name);
                if let Some(record) = self.subfolder(facet, &path, below)? {
                    open.push((path, record));
                }
            }
            visited += 1;
            limit(folder, found.len() + open.len() + visited)?;
        }
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// The record of a folder; nothing if there is no such folder.
    pub(super) fn folder(&self, facet: Facet, path: &str) -> Result<Option<Arc<Folder>>, GitError> {
        // From the nearest folder above that is known: most questions are about neighbours of what was asked before.
        let known =
            || std::iter::once(path).chain(folders_above(path)).find_map(|at| Some((at, self.known(facet, at)?)));
        let (above, mut record) = match known() {
            Some(known) => known,
            None => ("", self.record(facet, "", self.tree.root().id.map(|id| *id.as_bytes()))?),
        };
        let mut at = above.to_owned();
        let rest = path.get(above.len()..).unwrap_or_default().trim_start_matches('/');
        for name in rest.split('/').filter(|_| !rest.is_empty()) {
            let Some(parent) = record else { break };
            at = join(&at, name);
            record = match parent.subfolder(name) {
                Some(below) => self.subfolder(facet, &at, below)?,
                None => None,
            };
        }
        Ok(record)
    }

    #[expect(clippy::option_option, reason = "a folder that is known to be absent is not one that is not known")]
    fn known(&self, facet: Facet, path: &str) -> Option<Option<Arc<Folder>>> {
        lock(&self.folders).get(&facet)?.get(path).cloned()
    }

    fn remember(&self, facet: Facet, path: &str, record: Option<Arc<Folder>>) {
        lock(&self.folders).entry(facet).or_default().insert(path.to_owned(), record);
    }

    pub(super) fn subfolder(
        &self,
        facet: Facet,
        path: &str,
        below: &Subfolder,
    ) -> Result<Option<Arc<Folder>>, GitError> {
        self.record(facet, path, below.id)
    }

    /// The record of the folder that has this path and id: remembered, stored, or made.
    fn record(&self, facet: Facet, path: &str, id: Option<Id>) -> Result<Option<Arc<Folder>>, GitError> {
        if let Some(known) = self.known(facet, path) {
            return Ok(known);
        }
        let stored = id.and_then(|id| self.store.get(Key { id, facet }, Folder::decode)).map(Arc::new);
        let record = match stored {
            Some(record) => Some(record),
            None => match self.tree.entry(path)?.filter(|entry| entry.kind == EntryKind::Folder) {
                Some(entry) => Some(self.make(facet, entry)?),
                None => None,
            },
        };
        self.remember(facet, path, record.clone());
        Ok(record)
    }

    /// Make the record of a folder, and of everything below it that has none: down level by level in parallel, then up.
    fn make(&self, facet: Facet, top: TreeEntry) -> Result<Arc<Folder>, GitError> {
        let mut levels: Vec<Vec<Listing>> = Vec::new();
        let mut level = vec![top];
        let mut listed = 0;
        while !level.is_empty() {
            listed += level.len();
            limit("", listed)?;
            let listings = level.par_iter().map(|entry| self.list(facet, entry)).collect::<Result<Vec<_>, _>>()?;
            // A tree may hold itself many times over; one of several equal folders is enough.
            let mut seen = HashSet::new();
            let open = listings.iter().flat_map(|listing| &listing.open).map(|(_, entry)| entry);
            level = open.filter(|entry| entry.id.is_none_or(|id| seen.insert(id))).cloned().collect();
            levels.push(listings);
        }
        let mut by_id: HashMap<Id, Summary> = HashMap::new();
        let mut by_path: HashMap<RepoPath, Summary> = HashMap::new();
        let mut made = Arc::default();
        for Listing { entry, mut folder, open } in levels.into_iter().rev().flatten() {
            for (at, below) in open {
                let summary = match below.id {
                    Some(id) => by_id.get(id.as_bytes()),
                    None => by_path.get(&below.path),
                };
                if let (Some(summary), Some(subfolder)) = (summary, folder.subfolders.get_mut(at)) {
                    subfolder.summary = *summary;
                }
            }
            for below in &folder.subfolders {
                folder.summary.add_below(below.summary);
            }
            made = Arc::new(folder);
            if let Some(id) = entry.id.map(|id| *id.as_bytes()) {
                by_id.insert(id, made.summary);
                if let Some(bytes) = made.encode() {
                    self.store.put(Key { id, facet }, bytes);
                }
            } else {
                self.remember(facet, entry.path.as_str(), Some(Arc::clone(&made)));
                by_path.insert(entry.path, made.summary);
            }
        }
        Ok(made)
    }

    fn list(&self, facet: Facet, entry: &TreeEntry) -> Result<Listing, GitError> {
        let beside = match self.beside {
            Some(other) => other.folder(facet, entry.path.as_str())?,
            None => None,
        };
        let children = self.tree.children_of(entry)?;
        let notables: Vec<Option<(Notable, u32)>> =
            children.par_iter().map(|child| self.notable(facet, child)).collect::<Result<_, _>>()?;
        let mut listing = Listing { entry: entry.clone(), folder: Folder::default(), open: Vec::new() };
        let folder = &mut listing.folder;
        for (child, notable) in children.into_iter().zip(notables) {
            match child.kind {
                EntryKind::Folder => {
                    let id = child.id.map(|id| *id.as_bytes());
                    let name = child.name().to_owned();
                    let known = id.and_then(|id| {
                        let same = beside
                            .as_ref()
                            .and_then(|other| other.subfolder(&name))
                            .filter(|other| other.id == Some(id));
                        same.map(|same| same.summary)
                            .or_else(|| self.store.get(Key { id, facet }, Folder::decode_summary))
                    });
                    if known.is_none() {
                        listing.open.push((folder.subfolders.len(), child));
                    }
                    folder.subfolders.push(Subfolder { name, id, summary: known.unwrap_or_default() });
                }
                EntryKind::File | EntryKind::Executable | EntryKind::Symlink => {
                    folder.summary.files += 1;
                    folder.summary.manifests += u32::from(is_manifest(&child.path));
                }
                EntryKind::Submodule | EntryKind::Special => {}
            }
            if let Some((file, climb)) = notable {
                folder.summary.signs = folder.summary.signs.with(file.signs);
                folder.summary.climb = folder.summary.climb.max(u16::try_from(climb).unwrap_or(u16::MAX));
                folder.notables.push(file);
            }
        }
        Ok(listing)
    }

    /// A file that searches look for, and how far its uses climb.
    fn notable(&self, facet: Facet, child: &TreeEntry) -> Result<Option<(Notable, u32)>, GitError> {
        let is_link = child.kind == EntryKind::Symlink;
        if !is_link && !child.kind.is_regular() {
            return Ok(None);
        }
        let id = child.id.map(|id| *id.as_bytes());
        let signs = match facet {
            Facet::Contents if !is_link && is_manifest(&child.path) => {
                self.declarations(id, || self.content(child))?.signs()
            }
            Facet::Contents => Signs::default(),
            _ => Signs::of_name(child.name()),
        };
        if signs == Signs::default() {
            return Ok(None);
        }
        let file = Notable { name: child.name().to_owned(), id, signs, is_link };
        let climb = match signs {
            Signs::KUSTOMIZATION => self.kustomization_of(child.path.as_str(), &file)?.fact.climb(),
            _ => 0,
        };
        Ok(Some((file, climb)))
    }
}

/// Refuses what only a tree that holds itself many times over reaches. `what` counts folders and files of one search.
pub(super) fn limit(folder: &str, what: usize) -> Result<(), GitError> {
    if what > MAX_FOUND {
        return Err(GitError::TooManyFiles { folder: folder.into(), limit: MAX_FOUND });
    }
    Ok(())
}
