//! `portcullis policy new`: a policy to start from.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use super::super::{INDETERMINATE, complain};
use crate::policy::author::scaffold;

/// Arguments of `policy new`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name, such as no-latest, or with a pack images/no-latest
    name: String,
    /// Where the policies are
    #[arg(long, value_name = "DIR", default_value = "policies")]
    dir: PathBuf,
}

/// Write its files, none over another.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let files = match scaffold::files(&args.name) {
        Ok(files) => files,
        Err(why) => {
            complain(&why, None);
            return Ok(INDETERMINATE);
        }
    };
    let folder = args.dir.join(&args.name);
    if folder.exists() {
        complain(&format!("{} is there already", folder.display()), Some("give the policy another name"));
        return Ok(INDETERMINATE);
    }
    fs::create_dir_all(&folder)?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text)?;
        writeln!(out, "{}", path.display())?;
    }
    writeln!(out, "its tests: portcullis test {}", folder.display())?;
    Ok(0)
}
