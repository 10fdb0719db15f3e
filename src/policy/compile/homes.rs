//! The documents that hold what rules of longer paths give: of `allowed.x := 1 if …` there is a document `allowed`, empty
//! where none of its rules gives a value. The engine has it only where it is a package.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::print::Printer;
use super::resolve::Resolved;
use super::tree::{Path, Tree, known_path};
use crate::policy::rego::ast::Shape;

/// A module without rules for each of these documents.
pub(super) fn modules(files: &[Resolved], tree: &Tree, is_needed: impl Fn(&Path) -> bool) -> Vec<(Arc<str>, String)> {
    let mut homes: BTreeSet<Path> = BTreeSet::new();
    for file in files {
        for rule in &file.rules {
            let (path, is_dynamic) = known_path(&file.package, &rule.path);
            if !is_needed(&path) {
                continue;
            }
            // Of `all[k]` the engine knows that it is an object, of `all[k][j]` and `all[k] contains j` it does not.
            let behind = file.package.len() + rule.path.len() - path.len() + usize::from(rule.shape == Shape::Element);
            let own = (is_dynamic && behind > 1).then_some(&path[..]);
            let above = (file.package.len() + 1..path.len()).filter_map(|length| path.get(..length));
            homes.extend(above.filter(|above| tree.get(above).is_none()).chain(own).map(<[_]>::to_vec));
        }
    }
    homes.iter().map(|path| (Arc::from("documents"), Printer::new(path).finish())).collect()
}
