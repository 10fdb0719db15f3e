//! Defaults that depend on other fields, which a table cannot say. The rest are facts of `schemas/overlay`.

use super::stored::Stored;
use super::table::Kind;

/// Fill in the defaults of a kind that depend on other fields of it.
pub(super) fn fill(_stored: &mut Stored, _kind: Kind) {}
