//! `portcullis policy`: tools for those who write policies.

mod check;
mod docs;
mod eval;
mod list;
mod new;
mod try_out;

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;

use super::{INDETERMINATE, complain};
use crate::policy::author;
use crate::policy::bundled::LIBRARY;
use crate::policy::loaded::Policy;

/// Arguments of `policy`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print what a Rego query gives, on the engine that judges
    Eval(eval::Args),
    /// Write a policy to start from, with a test and examples
    New(new::Args),
    /// List policies: their ids, severities and titles
    List(list::Args),
    /// Check that policies load, say what they are, and have tests
    Check(check::Args),
    /// Write a page in Markdown for each policy
    Docs(docs::Args),
    /// Tell what a policy would have said of the changes that were merged
    Try(try_out::Args),
}

/// Run one of the tools.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    match &args.command {
        Command::Eval(args) => eval::run(args, out),
        Command::New(args) => new::run(args, out),
        Command::List(args) => list::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Docs(args) => docs::run(args, out),
        Command::Try(args) => try_out::run(args, out),
    }
}

/// The policies of a folder, or of the program, in the order of their ids. None: there is something wrong, and it was
/// told.
fn policies(folder: Option<&Path>) -> Option<Vec<Arc<Policy>>> {
    let Some(folder) = folder else { return Some(LIBRARY.policies.clone()) };
    let mut set = author::load(folder);
    for fault in &set.faults {
        complain(&crate::report::escape::visible(&fault.to_string()), fault.help.as_deref());
    }
    set.policies.sort_by(|a, b| a.id.cmp(&b.id));
    set.faults.is_empty().then_some(set.policies)
}
