//! The `portcullis` program: arguments → pipeline → exit code.

use std::process::ExitCode;

/// A seventh of an audit is spent on small allocations in parallel; the system's allocator takes twice as long for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    portcullis::cli::main()
}
