//! The command line.

use std::path::PathBuf;

use crate::Fallible;

pub(crate) const USAGE: &str =
    "usage: cargo xtask schemas --wheel FILE --crate FILE.crate --crate FILE.crate [--check|--print]";

/// What becomes of the generated table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
    Print,
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) wheel: PathBuf,
    pub(crate) crates: Vec<PathBuf>,
    pub(crate) mode: Mode,
}

impl Args {
    /// Reads the arguments after the name of the program.
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Fallible<Self> {
        match given.next().as_deref() {
            Some("schemas") => {}
            Some(other) => return Err(format!("there is no task {other}")),
            None => return Err("a task is missing".to_owned()),
        }
        let (mut wheel, mut crates, mut mode) = (None, Vec::new(), None);
        while let Some(argument) = given.next() {
            let mut file = || given.next().map(PathBuf::from).ok_or_else(|| format!("{argument} needs a file"));
            let twice = match argument.as_str() {
                "--wheel" => wheel.replace(file()?).is_some(),
                "--crate" => {
                    crates.push(file()?);
                    false
                }
                "--check" => mode.replace(Mode::Check).is_some(),
                "--print" => mode.replace(Mode::Print).is_some(),
                other => return Err(format!("there is no argument {other}")),
            };
            if twice {
                return Err(format!("{argument} is one too many"));
            }
        }
        let wheel = wheel.ok_or("--wheel is missing")?;
        Ok(Self { wheel, crates, mode: mode.unwrap_or(Mode::Write) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Fallible<Args> {
        Args::read(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn reads_the_three_modes() {
        for (flag, mode) in [("", Mode::Write), (" --check", Mode::Check), (" --print", Mode::Print)] {
            let args = read(&format!("schemas --crate a --wheel w --crate b{flag}")).unwrap();
            assert_eq!((args.mode, args.wheel, args.crates.len()), (mode, PathBuf::from("w"), 2));
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for line in ["", "build", "schemas", "schemas --wheel", "schemas --wheel w --check --print", "schemas -x"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
