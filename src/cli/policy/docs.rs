//! `portcullis policy docs`: a page in Markdown for each policy.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use super::super::complain;
use crate::policy::author::page::pages;
use crate::policy::loaded::Policy;

/// Arguments of `policy docs`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder of policies, instead of those of the program
    path: Option<PathBuf>,
    /// Where the pages go
    #[arg(long, value_name = "DIR", default_value = "docs/policies")]
    out: PathBuf,
    /// Write nothing, and fail when a page is missing or says something else
    #[arg(long, conflicts_with = "print")]
    check: bool,
    /// Print the pages instead
    #[arg(long)]
    print: bool,
}

/// Write, compare or print the pages.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let Some(policies) = super::policies(args.path.as_deref()) else { return Ok(super::INDETERMINATE) };
    let policies: Vec<&Policy> = policies.iter().map(AsRef::as_ref).collect();
    let mut code = 0;
    for (name, text) in pages(&policies) {
        let path = args.out.join(name);
        if args.print {
            out.write_all(text.as_bytes())?;
        } else if args.check {
            if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
                complain(&format!("{} is not what the policies say", path.display()), Some("portcullis policy docs"));
                code = 1;
            }
        } else {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, text)?;
        }
    }
    Ok(code)
}
