//! GitHub and GitHub Enterprise: reading what is posted, carrying out a plan, and who overrides.
//!
//! The client is octocrab on a connector of our own (proxy, the system's certificates), without its retries: those send a
//! POST again without a look at whether the first one was done. Requests go out one by one, each with a deadline.

pub mod access;
mod answer;
mod api;
mod app;
mod carry;
mod client;
mod connect;
mod failure;
pub mod labels;
mod read;
pub mod rights;

pub use access::{Access, Credential};
pub use carry::{Done, carry_out};
pub use client::Client;
pub use failure::Failure;
pub use read::{Seen, Target, read};
