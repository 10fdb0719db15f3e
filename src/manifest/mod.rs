//! What the documents of a tree are: objects, or something else, and why.

pub mod agents;
pub mod classify;
mod documents;
pub mod file;
pub mod flux_settings;
pub mod key;
pub mod kustomization;
pub mod object;
mod policy_generator;
pub mod scope;
pub mod sops;
pub mod substitute;
pub mod unknown;
