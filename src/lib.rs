//! portcullis: a cluster's admission chain, run on a pull request.

pub mod finding;
pub mod git;
pub mod inventory;
pub mod manifest;
pub mod report;
pub mod rules;
pub mod source;
pub mod yaml;
