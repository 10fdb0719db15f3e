//! The `portcullis` program: arguments → pipeline → exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    portcullis::cli::main()
}
