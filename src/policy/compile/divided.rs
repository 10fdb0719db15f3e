//! Functions whose clauses stand in several files. The engine takes all clauses of a function for those of one file, and
//! finds another's variables there. So the clauses of each file get a name of their own, and the function asks them all.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::Resolved;
use super::tree::{Path, known_path};
use crate::policy::rego::ast::{Rule, Shape};

/// How the names begin that the clauses of a file get.
const PREFIX: &str = "__part";

/// Divided functions, with the files that have clauses of them: places in the list of files.
#[derive(Debug, Default)]
pub(super) struct Divided(BTreeMap<Path, BTreeSet<usize>>);

impl Divided {
    pub(super) fn of(files: &[Resolved]) -> Self {
        let mut parts: BTreeMap<Path, BTreeSet<usize>> = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            for rule in file.rules.iter().filter(|rule| has_parts(rule)) {
                parts.entry(known_path(&file.package, &rule.path).0).or_default().insert(index);
            }
        }
        parts.retain(|_, files| files.len() > 1);
        Self(parts)
    }

    /// What the clauses of a rule are called in a file; none where all of them stand in one.
    pub(super) fn part(&self, path: &Path, rule: &Rule, file: usize) -> Option<String> {
        self.0.get(path).filter(|_| has_parts(rule)).map(|_| self.name(path, file))
    }

    /// The parts of a function, for the first file that has one.
    pub(super) fn parts(&self, path: &Path, file: usize) -> Vec<String> {
        let files = self.0.get(path).filter(|files| files.first() == Some(&file));
        files.into_iter().flatten().map(|file| self.name(path, *file)).collect()
    }

    fn name(&self, path: &Path, file: usize) -> String {
        let function = self.0.range(..path.clone()).count();
        format!("{PREFIX}{function}_{file}")
    }
}

fn has_parts(rule: &Rule) -> bool {
    rule.shape == Shape::Function && !rule.args.is_empty() && !rule.is_default
}
