//! `portcullis policy`: tools for those who write policies.

mod eval;

use std::io::{self, Write};

use clap::Subcommand;

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
}

/// Run one of the tools.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    match &args.command {
        Command::Eval(args) => eval::run(args, out),
    }
}
