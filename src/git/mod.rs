//! Stage 1, compare: revisions, the index, the work tree or folders → a [`Comparison`] of two [`Tree`]s → the
//! [`FileChange`]s between them.
//!
//! Blobs are read straight from the object store; nothing is checked out and nothing is written. The cost of a
//! comparison follows the change: folders with equal git ids are never opened.

mod author;
mod compare;
mod content;
mod diff;
mod error;
mod event;
mod folder;
mod history;
mod index;
mod overlay;
mod repository;
mod revision;
mod tree;

pub use author::Author;
pub use compare::{Comparison, ComparisonKind, Offer, Outcome, Request, compare};
pub use content::{Content, MAX_FILE_BYTES};
pub use diff::{FileChange, Hunk, changed_lines, diff, hunks};
pub use error::{GitError, quote};
pub use event::Event;
pub use history::{Merged, merged_since};
pub use repository::{Environment, Repository};
pub use tree::{EntryKind, MAX_FILES, MAX_PATH_BYTES, ObjectId, Tree, TreeEntry};
