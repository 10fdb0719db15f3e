//! `portcullis generate`: the files of this repository that are made from the code. For its developers, so hidden.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::generated;

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only tell which files are out of date
    #[arg(long)]
    check: bool,
    /// Print one file instead of writing all
    #[arg(long, value_name = "PATH", conflicts_with = "check")]
    print: Option<String>,
    /// Top of the repository
    #[arg(default_value = ".")]
    top: PathBuf,
}

/// Write, check or print the generated files.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    if let Some(path) = &args.print {
        let Some(file) = generated::FILES.iter().find(|file| file.path == path) else {
            super::complain(&format!("{path} is no generated file"), None);
            return Ok(super::INDETERMINATE);
        };
        out.write_all((file.content)().as_bytes())?;
        return Ok(0);
    }
    if !args.check {
        generated::write(&args.top)?;
        return Ok(0);
    }
    let stale = generated::stale(&args.top)?;
    for path in &stale {
        writeln!(out, "{path} is out of date: cargo run -- generate")?;
    }
    Ok(u8::from(!stale.is_empty()))
}
