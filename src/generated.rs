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
    /// Only what stands between two markers is generated: `<!-- NAME: generated -->` and `<!-- NAME: end -->`.
    pub part: Option<&'static str>,
}

impl Generated {
    /// What the file must hold, given what it holds.
    fn expected(&self, present: &str) -> io::Result<String> {
        let Some(name) = self.part else { return Ok((self.content)()) };
        replaced(present, name, &(self.content)()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: the markers of {name:?} are missing", self.path))
        })
    }

    fn present(&self, top: &Path) -> io::Result<String> {
        match std::fs::read_to_string(top.join(self.path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }
}

/// Every generated file.
pub const FILES: &[Generated] = &[
    Generated { path: "docs/portcullis.schema.json", content: crate::config::schema_text, part: None },
    Generated { path: "docs/report.schema.json", content: crate::report::json::schema, part: None },
    Generated { path: "docs/rules.md", content: crate::report::explain::page, part: None },
    Generated { path: "README.md", content: crate::report::explain::readme_table, part: Some("rules") },
];

/// Writes every file below the top of the repository.
///
/// # Errors
/// Those of the file system, and a file without its markers.
pub fn write(top: &Path) -> io::Result<()> {
    for file in FILES {
        let path = top.join(file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = file.expected(&file.present(top)?)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// The paths of those that are missing or hold something else.
///
/// # Errors
/// Those of the file system (a missing file is none), and a file without its markers.
pub fn stale(top: &Path) -> io::Result<Vec<&'static str>> {
    let mut stale = Vec::new();
    for file in FILES {
        let present = file.present(top)?;
        if present != file.expected(&present)? {
            stale.push(file.path);
        }
    }
    Ok(stale)
}

/// A text with new content between the markers of a name; none when it lacks them.
#[must_use]
pub fn replaced(text: &str, name: &str, content: &str) -> Option<String> {
    let (head, rest) = text.split_once(&format!("<!-- {name}: generated -->\n"))?;
    let end = format!("<!-- {name}: end -->");
    let (_, tail) = rest.split_once(&end)?;
    Some(format!("{head}<!-- {name}: generated -->\n{content}{end}{tail}"))
}
