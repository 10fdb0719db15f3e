//! Policies in Rego: what the cluster's owners say of a change, with the verdicts of Open Policy Agent.
//!
//! [`engine`] compiles modules to a [`Program`](engine::Program) and evaluates its rules. What the rules see and what
//! their results mean is the business of a convention.

pub(crate) mod ask;
pub mod author;
pub mod builtins;
pub mod bundled;
pub mod check;
pub(crate) mod combined;
mod compile;
pub mod conftest;
pub mod engine;
pub(crate) mod folder;
pub mod gatekeeper;
mod internal;
pub mod json;
mod limits;
pub mod loaded;
pub mod matching;
pub mod metadata;
pub mod modules;
mod place;
pub mod pod_security;
pub mod portcullis;
pub mod reads;
mod rego;
pub mod review;
pub mod set;
pub mod state;
mod subject;
pub mod test;
pub mod value;
pub mod violation;

pub use regorus::Value;
