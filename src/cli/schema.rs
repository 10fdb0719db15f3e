//! `portcullis schema`: what is known of kinds.

use std::io::{self, Write};

use super::{INDETERMINATE, complain};
use crate::config::{MINORS, Minor};
use crate::schema::show;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the built-in kinds
    List,
    /// Tell the fields of a kind, or of a field of it: schema show Deployment.spec.strategy
    Show {
        /// `KIND[.path]` or `GROUP/VERSION/KIND[.path]`
        what: String,
        /// As this minor has it
        #[arg(long, value_parser = minor)]
        minor: Option<Minor>,
    },
    /// Tell what comes and goes between two minors: schema diff 1.33 1.37
    Diff {
        /// From
        #[arg(value_parser = minor)]
        old: Minor,
        /// To
        #[arg(value_parser = minor)]
        new: Minor,
    },
}

/// A minor that is known here.
pub(super) fn minor(text: &str) -> Result<Minor, String> {
    Minor::parse(text).ok_or_else(|| format!("known minors are {}", MINORS.map(|minor| minor.to_string()).join(", ")))
}

/// Print, and give the exit code.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let text = match &args.command {
        Command::List => show::list(),
        Command::Show { what, minor } => match show::show(what, *minor) {
            Ok(text) => text,
            Err(why) => {
                complain(&why, Some("portcullis schema list has every kind"));
                return Ok(INDETERMINATE);
            }
        },
        Command::Diff { old, new } => show::diff(*old, *new),
    };
    out.write_all(text.as_bytes())?;
    Ok(0)
}
