//! In the place of `github`, in a build without that feature: it tells what would be posted, and posts nothing.

use std::io::{self, Write};

use super::super::check::Refusal;
use super::{Args, Telling};
use crate::config::OverrideRights;
use crate::config::overrides::Override;
use crate::git::Environment;
use crate::report::Report;
use crate::review::diff::Diff;

/// There is none.
pub(in crate::cli) enum Connection {}

/// None for a dry run.
pub(super) fn connect(args: &Args, _: &Environment) -> Result<Option<Connection>, Refusal> {
    if args.dry_run.is_some() {
        return Ok(None);
    }
    let message = "this build cannot post: it was made without the feature `github`".to_owned();
    Err(Refusal { message, help: Some("--dry-run tells what would be posted".to_owned()) })
}

impl Connection {
    pub(super) fn is_pull_request(&self) -> bool {
        match *self {}
    }

    pub(super) fn overrides(&self, _: &OverrideRights) -> Vec<Override> {
        match *self {}
    }

    pub(super) fn post(&self, _: Telling<'_>, _: Option<Diff>, _: &mut impl Write) -> io::Result<u8> {
        match *self {}
    }
}

/// No job waits for them.
#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
pub(super) fn outputs(_: &Report) -> io::Result<()> {
    Ok(())
}
