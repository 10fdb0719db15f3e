//! Files in the repository that are generated from the code, and the one generator of them all.

use std::io;
use std::path::Path;

/// A generated file.
#[derive(Clone, Copy, Debug)]
pub struct Generated {
    /// Its path from the top of the repository.
    pub path: &'static str,
    /// What it must hold.
    pub content: fn() -> String,
}

/// Every generated file.
pub const FILES: &[Generated] = &[
    Generated { path: "docs/report.schema.json", content: crate::report::json::schema },
    Generated { path: "docs/rules.md", content: crate::report::explain::page },
];

/// Writes every file below the top of the repository.
///
/// # Errors
/// Those of the file system.
pub fn write(top: &Path) -> io::Result<()> {
    for file in FILES {
        let path = top.join(file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, (file.content)())?;
    }
    Ok(())
}

/// The paths of those that are missing or hold something else.
///
/// # Errors
/// Those of the file system, but not that a file is missing.
pub fn stale(top: &Path) -> io::Result<Vec<&'static str>> {
    let mut stale = Vec::new();
    for file in FILES {
        match std::fs::read(top.join(file.path)) {
            Ok(bytes) if bytes == (file.content)().as_bytes() => {}
            Ok(_) => stale.push(file.path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push(file.path),
            Err(error) => return Err(error),
        }
    }
    Ok(stale)
}
