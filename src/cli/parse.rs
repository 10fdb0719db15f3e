//! `portcullis parse`.

use std::io::{self, Write};

/// Arguments of `parse`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Stub.
pub fn run(_: &Args, _: &mut impl Write, _: &mut impl Write) -> io::Result<u8> {
    Ok(0)
}
