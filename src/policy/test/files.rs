//! What a file or folder holds: modules, documents, cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::git::Tree;
use crate::policy::engine::Fault;
use crate::policy::modules::EXTENSION;
use crate::source::RepoPath;

/// The file of a case that tells the findings.
pub(super) const EXPECTED: &str = "expected.yaml";
/// The sides of a case.
pub(super) const SIDES: [&str; 2] = ["base", "head"];
/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// A file or a folder that somebody names, with the files below it.
#[derive(Debug)]
pub(super) struct Folder {
    /// As it was named; of a single file its folder.
    pub(super) root: PathBuf,
    /// Path below the root with `/`, and content, the files of cases left out.
    pub(super) files: BTreeMap<String, Arc<[u8]>>,
    /// Folders of cases, below the root.
    pub(super) cases: BTreeSet<String>,
    /// What lies there; in memory, all of `files`.
    pub(super) tree: Tree,
    /// The files lie on disk, where others may be read too.
    pub(super) is_on_disk: bool,
}

impl Folder {
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let unreadable = |path: &Path, why: String| Fault {
            code: "unreadable",
            line: 0,
            column: 0,
            ..Fault::of(&path.display().to_string(), why)
        };
        let found = fs::metadata(path).map_err(|error| unreadable(path, error.to_string()))?;
        let root = if found.is_dir() { path } else { path.parent().unwrap_or(path) };
        let paths = if found.is_dir() {
            list(path).map_err(|error| unreadable(path, error.to_string()))?
        } else {
            vec![path.to_owned()]
        };
        let named: Vec<(String, PathBuf)> =
            paths.into_iter().filter_map(|path| Some((below(root, &path)?, path))).collect();
        let mut folder = Self {
            root: root.to_owned(),
            files: BTreeMap::new(),
            cases: cases(&named.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()),
            tree: Tree::folder(root),
            is_on_disk: true,
        };
        for (name, path) in named {
            if folder.is_of_case(&name) {
                continue;
            }
            let size = fs::metadata(&path).map_or(0, |found| found.len());
            if size > LARGEST {
                return Err(unreadable(&path, format!("{size} bytes are too many, at most {LARGEST} are read")));
            }
            let bytes = fs::read(&path).map_err(|error| unreadable(&path, error.to_string()))?;
            folder.files.insert(name, bytes.into());
        }
        Ok(folder)
    }

    /// Files that are not on disk, by their paths below a folder of that name.
    pub(super) fn in_memory(root: &str, files: &BTreeMap<String, String>) -> Self {
        let bytes = |text: &String| Arc::from(text.as_bytes());
        let mut folder = Self {
            root: PathBuf::from(root),
            files: BTreeMap::new(),
            cases: cases(&files.keys().map(String::as_str).collect::<Vec<_>>()),
            is_on_disk: false,
            tree: Tree::of_files(files.iter().map(|(name, text)| (RepoPath::from(name.as_str()), bytes(text)))),
        };
        let files = files.iter().filter(|(name, _)| !folder.is_of_case(name));
        folder.files = files.map(|(name, text)| (name.clone(), bytes(text))).collect();
        folder
    }

    fn is_of_case(&self, name: &str) -> bool {
        self.cases.iter().any(|case| is_below(name, case))
    }

    /// A file as people know it.
    pub(super) fn shown(&self, name: &str) -> String {
        let path = if name.is_empty() { self.root.clone() } else { self.root.join(name) };
        let path = path.display().to_string();
        path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
    }

    /// A file that a test names, by its path as people know it; nothing where it is not to be had.
    pub(super) fn named(&self, shown: &str) -> Option<std::io::Result<String>> {
        if self.is_on_disk {
            let is_small = fs::metadata(shown).map(|found| found.len() <= LARGEST);
            return Some(is_small.and_then(|is_small| {
                if is_small { fs::read_to_string(shown) } else { Err(std::io::ErrorKind::FileTooLarge.into()) }
            }));
        }
        let mut texts = ["yaml", "yml", "json"].into_iter().flat_map(|ending| self.texts(ending));
        texts.find(|(name, _)| self.shown(name) == shown).and_then(|(_, text)| Some(Ok(text.ok()?.to_owned())))
    }

    /// The text of every file with an ending.
    pub(super) fn texts(&self, ending: &str) -> impl Iterator<Item = (&str, Result<&str, Fault>)> {
        let files = self.files.iter().filter(move |(name, _)| name.rsplit('.').next() == Some(ending));
        files.map(|(name, bytes)| {
            let text = std::str::from_utf8(bytes);
            (name.as_str(), text.map_err(|_| Fault::of(&self.shown(name), "the file is not UTF-8".to_owned())))
        })
    }
}

/// A path is in a folder, or in one below it; the folder of no name has everything.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The folders of cases among files, by what they hold.
fn cases(names: &[&str]) -> BTreeSet<String> {
    let parent = |name: &str| match name.rsplit_once('/') {
        Some((parent, EXPECTED)) => Some(parent.to_owned()),
        None if name == EXPECTED => Some(String::new()),
        _ => None,
    };
    let has_side = |case: &String| {
        let below = |name: &str| {
            let rest = if case.is_empty() { Some(name) } else { name.strip_prefix(&**case)?.strip_prefix('/') };
            rest?.split_once('/').map(|(side, _)| SIDES.contains(&side))
        };
        names.iter().any(|name| below(name) == Some(true))
    };
    names.iter().filter_map(|name| parent(name)).filter(has_side).collect()
}

fn below(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

/// Files that may be modules, manifests or documents; what begins with a dot is somebody else's.
fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type()?);
            let ending = path.extension().and_then(|ending| ending.to_str());
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && matches!(ending, Some(EXTENSION | "yaml" | "yml" | "json")) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// What changes when a file that counts is saved, made or removed.
#[must_use]
pub fn fingerprint(paths: &[PathBuf]) -> u64 {
    let mut hash = DefaultHasher::new();
    for path in paths {
        let files = if path.is_dir() { list(path).unwrap_or_default() } else { vec![path.clone()] };
        for file in files {
            let found = fs::metadata(&file).ok();
            let state = found.map(|found| (found.modified().ok(), found.len()));
            (file, state).hash(&mut hash);
        }
    }
    hash.finish()
}
