//! Stage 9, review: the report and what is already posted → a [`plan::Plan`] → posted.
//!
//! The plan is pure and knows no forge's client. What it may say of a line depends on what the forge shows of the change
//! ([`diff`]); what it does about older comments, on the markers of our own ([`marker`]).

pub mod body;
mod comments;
pub mod diff;
#[cfg(feature = "github")]
pub mod github;
pub mod marker;
mod path;
pub mod plan;
pub mod posted;
pub mod show;
