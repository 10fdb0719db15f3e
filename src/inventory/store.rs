//! The inventory's memory between runs: immutable, checksummed segments of facts, keyed by facet and git id.
//!
//! A segment is written beside its place and renamed into it, and its name is a hash of its content, so that several
//! processes may write and merge at once. Every record carries a check of its key and bytes: whatever is damaged, cut
//! or gone is computed anew, and the run only becomes slower. A look-up reads one bucket of the index and the record
//! itself, so that its cost does not follow the repository.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::segment::{self, Segment};

/// Version of the facts. Raise it whenever a fact, its encoding or the reading that makes it changes.
pub const FACTS_VERSION: u32 = 6;

/// All segments together; more than the facts of 400,000 files need. Beyond it everything is dropped.
const MAX_BYTES: u64 = 64 << 20;
/// A longer record is not kept, so that one hostile file cannot push out the others.
const MAX_RECORD: usize = 1 << 20;
/// With more segments than this, all but the largest are merged into one.
const MAX_SEGMENTS: usize = 8;
/// Files of a writer that died are removed after this many seconds.
const STALE_SECONDS: u64 = 3600;

/// What a record is about: facet and git id of the blob or tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The git id.
    pub id: [u8; 20],
    /// The facet.
    pub facet: Facet,
}

/// The separately computed kinds of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Facet {
    /// A folder: names and kustomizations.
    Names,
    /// A folder: what its files' contents declare.
    Contents,
    /// A kustomization file.
    Kustomization,
    /// A YAML file: Flux, Argo CD and CRD declarations.
    Declarations,
    /// A YAML file: its objects.
    Objects,
}

/// The store. One is shared by the inventories of both sides.
#[derive(Debug)]
pub struct Store {
    folder: Option<PathBuf>,
    segments: OnceLock<Vec<Segment>>,
    fresh: Mutex<HashMap<Key, Box<[u8]>>>,
    /// How many records this run has written.
    written: AtomicUsize,
    trouble: Mutex<Option<String>>,
}

impl Store {
    /// A store in a folder (`<git dir>/portcullis/inventory`, or the `--cache-dir`), which need not exist. Nothing is
    /// read until the first look-up.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: Some(folder.join(format!("v{FACTS_VERSION}"))), ..Self::none() }
    }

    /// A store that remembers for this run only (`--no-cache`).
    #[must_use]
    pub fn none() -> Self {
        Self {
            folder: None,
            segments: OnceLock::new(),
            fresh: Mutex::default(),
            written: AtomicUsize::new(0),
            trouble: Mutex::default(),
        }
    }

    /// One line for `-v`: where the cache is, what it held, what went wrong with it.
    #[must_use]
    pub fn status(&self) -> String {
        let Some(folder) = &self.folder else { return "inventory cache: off".to_owned() };
        let records: u64 = self.segments().iter().map(|segment| u64::from(segment.count())).sum();
        let trouble = lock(&self.trouble).as_ref().map_or(String::new(), |why| format!("; {why}"));
        let new = lock(&self.fresh).len() + self.written.load(Ordering::Relaxed);
        format!("inventory cache: {} ({records} records, {new} new){trouble}", folder.display())
    }

    /// The record of a key, handed to `decode`; nothing if there is none, it is damaged, or `decode` refuses it.
    pub(crate) fn get<T>(&self, key: Key, decode: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        if let Some(bytes) = lock(&self.fresh).get(&key) {
            return decode(bytes);
        }
        self.segments().iter().find_map(|segment| decode(&segment.get(key)?))
    }

    /// Remember a record. It is on disk after [`Store::flush`].
    pub(crate) fn put(&self, key: Key, bytes: Vec<u8>) {
        if bytes.len() <= MAX_RECORD {
            lock(&self.fresh).insert(key, bytes.into());
        }
    }

    fn segments(&self) -> &[Segment] {
        self.segments.get_or_init(|| {
            let Some(folder) = &self.folder else { return Vec::new() };
            self.files(folder).iter().filter_map(|(path, _)| self.noting(path, Segment::open(path))).collect()
        })
    }

    /// Write what this run learnt. Failure is no error: [`Store::status`] tells it.
    pub fn flush(&self) {
        let Some(folder) = &self.folder else { return };
        let fresh = std::mem::take(&mut *lock(&self.fresh));
        if fresh.is_empty() {
            return;
        }
        let mut records: Vec<(Key, Box<[u8]>)> = fresh.into_iter().collect();
        records.sort_unstable_by_key(|(key, _)| *key);
        let written = fs::create_dir_all(folder).and_then(|()| {
            remove_stale(folder);
            let old = self.files(folder);
            let new: u64 = records.iter().map(|(_, bytes)| segment::stored_size(bytes.len())).sum();
            if old.iter().map(|(_, size)| size).sum::<u64>() + new > MAX_BYTES {
                for (path, _) in &old {
                    fs::remove_file(path)?;
                }
            }
            if new > MAX_BYTES {
                return Err(io::Error::other(format!("{new} bytes of facts are more than {MAX_BYTES}")));
            }
            segment::write(folder, &records.iter().map(|(key, bytes)| (*key, bytes.len())), |at| {
                Ok(records.get(at).map(|(_, bytes)| bytes.clone()))
            })?;
            self.merge(folder)
        });
        if self.noting(folder, written).is_some() {
            self.written.fetch_add(records.len(), Ordering::Relaxed);
        }
    }

    /// Merge all but the largest, so that what is written again stays small beside what is kept.
    fn merge(&self, folder: &Path) -> io::Result<()> {
        let mut files = self.files(folder);
        if files.len() <= MAX_SEGMENTS {
            return Ok(());
        }
        files.sort_unstable_by_key(|(_, size)| *size);
        files.pop();
        let segments: Vec<Segment> =
            files.iter().filter_map(|(path, _)| self.noting(path, Segment::open(path))).collect();
        let mut index: Vec<(Key, usize, u32)> = Vec::new();
        for (number, segment) in segments.iter().enumerate() {
            index.extend(segment.keys()?.into_iter().map(|(key, length)| (key, number, length)));
        }
        index.sort_unstable();
        index.dedup_by_key(|(key, ..)| *key);
        let merged = segment::write(folder, &index.iter().map(|(key, _, length)| (*key, *length as usize)), |at| {
            Ok(index.get(at).and_then(|(key, number, _)| segments.get(*number)?.get(*key)))
        })?;
        for (path, _) in files.iter().filter(|(path, _)| *path != merged) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// The segments' files and sizes, in an order that does not change.
    fn files(&self, folder: &Path) -> Vec<(PathBuf, u64)> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.noting::<()>(folder, Err(error));
                return Vec::new();
            }
        };
        let mut files: Vec<(PathBuf, u64)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let path = entry.path();
                let is_segment = path.extension().is_some_and(|extension| extension == segment::EXTENSION);
                let size = entry.metadata().ok()?.len();
                is_segment.then_some((path, size))
            })
            .collect();
        files.sort_unstable();
        files
    }

    fn noting<T>(&self, path: &Path, result: io::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            // Another process has merged it away meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                lock(&self.trouble).get_or_insert_with(|| format!("{}: {error}", path.display()));
                None
            }
        }
    }
}

fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_temporary = entry.path().extension().is_some_and(|extension| extension == segment::TEMPORARY);
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_temporary && age.is_some_and(|age| age.as_secs() > STALE_SECONDS) {
            // Somebody else may have removed it already; it is retried by the next run.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The lock of a mutex whose data is whole after every statement, so that a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
