//! The `portcullis` program: arguments → pipeline → exit code.

fn main() {}
