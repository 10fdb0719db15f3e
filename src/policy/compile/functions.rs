//! Functions, lowered to one package under short names.
//!
//! A function is no part of any document, so that nobody sees where it lies. At every call the engine puts the function's
//! path together, and that of the module which it enters, part by part: in one package, a call is a name alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::resolve::{Resolved, path_of};
use super::tree::{Path, Tree};
use super::visit;
use crate::policy::rego::ast::Shape;

/// How the names begin.
const PREFIX: &str = "__f";

/// Where functions lie, and what they are called.
#[derive(Debug, Default)]
pub(super) struct Functions {
    home: Path,
    /// By the path that the author gave.
    names: BTreeMap<Path, String>,
}

impl Functions {
    /// The functions of some files. None where a `with` puts something in the place of a function or of data: it names
    /// what it means by its path.
    pub(super) fn of(files: &[Resolved], tree: &Tree) -> Self {
        let is_replaced = files.iter().flat_map(|file| &file.rules).any(|rule| {
            let mut found = false;
            visit::literals(rule, &mut |literal| {
                found |= literal.with.iter().any(|with| {
                    let path = path_of(&with.target.kind);
                    path.and_then(|path| path.first().cloned()).is_none_or(|root| *root != *"input")
                });
            });
            found
        });
        let is_taken = |path: &Path| path.iter().any(|part| part.starts_with(PREFIX));
        let Some(home) = files.iter().map(|file| &file.package).min_by_key(|package| package.len()) else {
            return Self::default();
        };
        if is_replaced || tree.iter().any(|(path, _)| is_taken(path)) {
            return Self::default();
        }
        // With a default it is two rules, which know each other by their paths; without an argument it is a document.
        let groups = tree.iter().filter(|(_, group)| {
            group.shape == Shape::Function && group.arity > 0 && !group.has_default && !group.is_dynamic
        });
        let names = groups.enumerate().map(|(index, (path, _))| (path.clone(), format!("{PREFIX}{index}")));
        Self { home: home.clone(), names: names.collect() }
    }

    /// The package of all functions.
    pub(super) fn home(&self) -> &[Arc<str>] {
        &self.home
    }

    /// What a function is called in its package, if it lies there.
    pub(super) fn name(&self, path: &[Arc<str>]) -> Option<&str> {
        self.names.get(path).map(String::as_str)
    }

    /// What all of them are called, with the paths that the author gave.
    pub(super) fn into_paths(self) -> BTreeMap<String, Path> {
        self.names.into_iter().map(|(path, name)| (name, path)).collect()
    }
}
