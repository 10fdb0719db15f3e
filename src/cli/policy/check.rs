//! `portcullis policy check`: policies load, say what they are, and have tests.

use std::io::{self, Write};
use std::path::PathBuf;

use super::super::{INDETERMINATE, complain};
use crate::policy::author;
use crate::policy::author::complete::problems;
use crate::report::escape::visible;

/// Arguments of `policy check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 nothing is wrong, 1 something is missing (METADATA, tests), 2 a policy cannot be used.")]
pub(super) struct Args {
    /// Folders of policies
    #[arg(value_name = "PATH", default_value = "policies")]
    paths: Vec<PathBuf>,
}

/// Tell everything that is wrong.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let (mut code, mut count) = (0, 0);
    for path in &args.paths {
        let set = author::load(path);
        count += set.policies.len();
        let found = problems(path, &set);
        let (lacks, broken) = match found {
            Ok(lacks) => (lacks, set.faults),
            Err(fault) => (Vec::new(), vec![fault]),
        };
        if !broken.is_empty() {
            code = INDETERMINATE;
        } else if !lacks.is_empty() {
            code = code.max(1);
        }
        for fault in broken.iter().chain(&lacks) {
            complain(&visible(&fault.to_string()), fault.help.as_deref());
        }
    }
    if code == 0 {
        match count {
            1 => writeln!(out, "1 policy loads, says what it is, and has tests")?,
            _ => writeln!(out, "{count} policies load, say what they are, and have tests")?,
        }
    }
    Ok(code)
}
