//! One generator for every file of the repository that is made from code: write it, check it, or print it.

use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do with a generated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write it.
    Write,
    /// Compare it with what is there.
    Check,
    /// Print it.
    Print,
}

/// Why a generated file is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// It differs from what the code says.
    #[error("{0} is stale: generate it anew")]
    Stale(PathBuf),
    /// It could not be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] std::io::Error),
}

/// Write, check or print one generated file; `out` takes what is printed.
///
/// # Errors
/// In check mode, that the file differs or cannot be read; else, that writing failed.
pub fn file(path: &Path, text: &str, mode: Mode, out: &mut impl Write) -> Result<(), GenerateError> {
    let io = |error| GenerateError::Io(path.to_owned(), error);
    match mode {
        Mode::Write => std::fs::write(path, text).map_err(io),
        Mode::Print => out.write_all(text.as_bytes()).map_err(io),
        Mode::Check if std::fs::read_to_string(path).map_err(io)? == text => Ok(()),
        Mode::Check => Err(GenerateError::Stale(path.to_owned())),
    }
}
