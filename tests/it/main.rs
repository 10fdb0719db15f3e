//! The integration tests: the public surface of the library, and the binary on real (temporary) git repositories.

#![cfg(test)]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, outside of test functions")]

mod canary;
mod cases;
mod cli;
mod config;
mod corpora;
mod docs;
mod hostile;
mod report;
mod states;
mod support;
