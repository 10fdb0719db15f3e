//! portcullis: a cluster's admission chain, run on a pull request.

pub mod config;
pub mod finding;
pub mod generate;
pub mod manifest;
pub mod report;
pub mod rules;
pub mod source;
pub mod yaml;
