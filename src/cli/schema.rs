//! `portcullis schema`: what is known of kinds, and catalogues of more.

mod pack;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{INDETERMINATE, complain};
use crate::config::{MINORS, Minor};
use crate::schema::{crd, show};

const NO_KIND: &str = "portcullis schema list has every kind";

const PACK_HELP: &str = "\
  portcullis schema pack crds/ -o vendor/crds.pack                              folders and files
  kubectl get crd -o yaml | portcullis schema pack - -o vendor/crds.pack        what a cluster has

The same files give the same catalogue, byte for byte. head shows what is in it. JSON Schemas (.json) are known by their
paths below the folder that is named, which must be as kubeconform has them: GROUP/KIND_VERSION.json or KIND-GROUP-VERSION.json.
Exit codes: 0 written, 2 one cannot be used (nothing is written) or there is none.";

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the built-in kinds, or those of a catalogue
    List {
        /// A catalogue file
        file: Option<PathBuf>,
    },
    /// Tell the fields of a kind, or of a field of it: schema show Deployment.spec.strategy
    Show {
        /// `KIND[.path]` or `GROUP/VERSION/KIND[.path]`
        what: String,
        /// As this minor has it
        #[arg(long, value_parser = minor)]
        minor: Option<Minor>,
        /// As this catalogue file has it
        #[arg(long, value_name = "FILE", conflicts_with = "minor")]
        catalog: Option<PathBuf>,
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
    /// Pack CRDs and JSON Schemas into one catalogue file for `schemas:` of portcullis.yaml
    #[command(after_help = PACK_HELP)]
    Pack(pack::Args),
}

/// A minor that is known here.
pub(super) fn minor(text: &str) -> Result<Minor, String> {
    Minor::parse(text).ok_or_else(|| format!("known minors are {}", MINORS.map(|minor| minor.to_string()).join(", ")))
}

/// Print, and give the exit code.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let text = match &args.command {
        Command::List { file: None } => Ok(show::list()),
        Command::List { file: Some(file) } => open(file).map(|pack| crd::show::list(&pack)),
        Command::Show { what, minor, catalog: None } => show::show(what, *minor).map_err(|why| (why, NO_KIND)),
        Command::Show { what, catalog: Some(file), .. } => {
            open(file).and_then(|pack| crd::show::show(&pack, what).map_err(|why| (why, NO_KIND)))
        }
        Command::Diff { old, new } => Ok(show::diff(*old, *new)),
        Command::Pack(args) => return pack::run(args, out),
    };
    let text = match text {
        Ok(text) => text,
        Err((why, help)) => {
            complain(&why, Some(help));
            return Ok(INDETERMINATE);
        }
    };
    out.write_all(text.as_bytes())?;
    Ok(0)
}

/// A catalogue, or why it cannot be used and what to do.
fn open(file: &Path) -> Result<crd::pack::Pack, (String, &'static str)> {
    let name = file.display();
    let bytes =
        std::fs::read(file).map_err(|error| (format!("{name} cannot be read: {error}"), "is it the right name?"))?;
    crd::catalog::open(bytes).map_err(|why| (format!("{name} cannot be used: {why}"), crd::catalog::REMEDY))
}
