//! Types, as far as literals and what builtins give tell them.

use super::Faults;
use super::resolve::Resolved;
use super::tree::Tree;

pub(super) fn check(_files: &[Resolved], _tree: &Tree, _faults: &mut Faults) {}
