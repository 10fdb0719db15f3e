//! Policies in Rego: what the cluster's owners say of a change, with the verdicts of Open Policy Agent.
//!
//! [`engine`] compiles modules to a [`Program`](engine::Program) and evaluates its rules. What the rules see and what
//! their results mean is the business of a convention.

mod compile;
pub mod engine;
pub mod gatekeeper;
mod internal;
mod limits;
pub mod metadata;
mod rego;
pub mod review;
pub mod value;
pub mod violation;

pub use regorus::Value;
