//! What those who write policies are helped with: a new one that works ([`scaffold`]), what one lacks ([`complete`]), and
//! its page for those who read ([`page`]).

pub mod complete;
pub mod page;
pub mod scaffold;

use std::path::Path;

use super::set::PolicySet;
use crate::config::Config;
use crate::git::Tree;

/// The policies of a folder. What is wrong with them is in the set's faults.
#[must_use]
pub fn load(folder: &Path) -> PolicySet {
    let given = [(folder.display().to_string(), Tree::folder(folder))];
    PolicySet::load(&Config::default(), &Tree::empty(), Vec::new(), &given)
}
