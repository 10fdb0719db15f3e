//! `portcullis init`.

use std::io::{self, Write};
use std::path::Path;

use crate::config::{FILE_NAME, Minor};

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
}

/// The config of a repository that begins.
#[must_use]
pub(super) fn text() -> String {
    format!(
        "\
# What portcullis judges in this repository, and how strictly. It counts from the target branch, so a change cannot
# weaken its own gate. What holds for a file and why: portcullis check --explain-config PATH
version: 1
mode: enforce                 # report: everything is judged and told, nothing is blocked
kubernetes:
  current: [\"{newest}\"]         # the minors that your clusters run
policies:
  - use: baseline             # portcullis explain --list shows them all; a folder with Rego or Gatekeeper's is one too
",
        newest = Minor::NEWEST
    )
}

/// Write a config where there is none.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    if args.print {
        out.write_all(text().as_bytes())?;
        return Ok(0);
    }
    let path = Path::new(FILE_NAME);
    if path.exists() {
        super::complain(&format!("{FILE_NAME} is there already; nothing was written"), None);
        return Ok(super::INDETERMINATE);
    }
    super::replace(path, text().as_bytes())?;
    writeln!(out, "{FILE_NAME} is written; commit it to the default branch, and try it: portcullis check --all")?;
    Ok(0)
}
