//! The files of a folder of policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bundled::LIBRARY;
use super::modules::EXTENSION;
use crate::git::{Content, EntryKind, Tree};

/// Paths and texts.
pub(crate) type Files = Vec<(Arc<str>, Arc<str>)>;

/// The files of a policy folder with their text; the error is what is wrong, and what to do.
pub(crate) fn read(shown: &str, tree: &Tree, folder: &str) -> Result<Files, (String, String)> {
    let names = || {
        let known: BTreeSet<&str> = LIBRARY.names().into_iter().filter(|name| !name.contains('/')).collect();
        format!(
            "name a folder of the tree whose rules count, or a bundled policy: {}",
            known.into_iter().collect::<Vec<_>>().join(", ")
        )
    };
    let unreadable =
        |why: String| (format!("policies: `{shown}` cannot be read: {why}"), "mend it, or remove the entry".to_owned());
    let found = tree.entry(folder).map_err(|error| unreadable(error.to_string()))?;
    let Some(_) = found else {
        return Err((format!("policies: there is neither a bundled policy nor a folder `{shown}`"), names()));
    };
    let mut files = Vec::new();
    for entry in tree.files(folder).map_err(|error| unreadable(error.to_string()))? {
        let ending = entry.path.extension();
        let is_ours = ending == EXTENSION || matches!(ending.as_str(), "yaml" | "yml" | "json");
        // What is left out of a folder of policies decides nothing, and nobody would know.
        if !entry.kind.is_regular() {
            match entry.kind {
                EntryKind::Symlink if is_ours || ending.is_empty() => {
                    return Err(unreadable(format!("{} is a symbolic link, which is not followed", entry.path)));
                }
                EntryKind::Submodule => return Err(unreadable(format!("{} is another repository", entry.path))),
                _ => continue,
            }
        }
        if !is_ours {
            continue;
        }
        let path: Arc<str> = entry.path.as_str().into();
        match tree.read(&entry).map_err(|error| unreadable(error.to_string()))? {
            Content::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(text) => files.push((path, Arc::from(text))),
                Err(_) => return Err(unreadable(format!("{path} is not UTF-8"))),
            },
            Content::NotJudged(_, why) => return Err(unreadable(format!("{path}: {why}"))),
        }
    }
    Ok(files)
}
