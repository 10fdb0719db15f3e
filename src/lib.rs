//! portcullis: a cluster's admission chain, run on a pull request.
//!
//! Data flows one way: `git` compares two trees, `yaml` reads the files that differ, `manifest` says what they are,
//! `change` pairs the objects of both sides, `rules` check them, `judge` decides, `report` writes it down,
//! `review` posts it. `pipeline` tells that story in code.

pub mod change;
pub mod check;
pub mod cli;
pub mod config;
pub mod finding;
pub mod generated;
pub mod git;
pub mod inventory;
pub mod judge;
pub mod manifest;
pub mod pipeline;
pub mod policy;
pub mod report;
pub mod review;
pub mod rules;
pub mod schema;
pub mod source;
pub mod yaml;
