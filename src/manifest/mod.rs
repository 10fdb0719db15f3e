//! What the documents of a tree are: objects, or something else, and why.

pub mod key;
pub mod kustomization;
