//! Reports: `&Report` → bytes in one format. A renderer cannot change the verdict.

pub mod model;

pub use model::{Counts, Decision, Notice, Report, Verdict};
