//! `cargo run --example generate -- write|check|print`: the files that are made from the code.

use std::path::Path;
use std::process::ExitCode;

use portcullis::generated;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]
fn main() -> std::io::Result<ExitCode> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::args().nth(1).as_deref() {
        Some("write") => generated::write(top)?,
        Some("check") => {
            let stale = generated::stale(top)?;
            if !stale.is_empty() {
                eprintln!("out of date: {}; run `cargo run --example generate -- write`", stale.join(", "));
                return Ok(ExitCode::from(1));
            }
        }
        Some("print") => {
            for file in generated::FILES {
                println!("==> {}\n{}", file.path, (file.content)());
            }
        }
        _ => {
            eprintln!("usage: generate write|check|print");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
