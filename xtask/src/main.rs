//! `cargo xtask schemas`: the table of the native Kubernetes schemas, `schemas/native.txt`, from the packages that
//! `schemas/SOURCES.toml` names. It needs `unzip` and `tar`.

mod args;
mod definitions;
mod generate;
mod merge;
mod minors;
mod resources;
mod sources;
mod types;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use args::{Args, Mode};

/// What went wrong, for a person at a terminal.
type Fallible<T> = Result<T, String>;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]
fn main() -> ExitCode {
    let args = match Args::read(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("{error}\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&args) {
        Ok(said) => {
            print!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Fallible<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let list = folder.join("SOURCES.toml");
    let list = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let sources = sources::Sources::open(&list, &args.wheel, &args.crates)?;
    let new = generate::table(&sources)?;
    let path = folder.join("native.txt");
    match args.mode {
        Mode::Print => Ok(new),
        Mode::Write => {
            fs::write(&path, &new).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(format!("{} lines\n", new.lines().count()))
        }
        Mode::Check => {
            let old = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            match generate::difference(&old, &new) {
                None => Ok(String::new()),
                Some(what) => Err(format!("schemas/native.txt is out of date; {what}")),
            }
        }
    }
}
