//! The packages that the table is made of: only those that `schemas/SOURCES.toml` names, known by their checksums.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::Fallible;
use crate::minors::Range;

/// A file that has the checksum it must have.
#[derive(Debug)]
struct Source {
    /// The folder that a crate's files are in.
    folder: String,
    path: PathBuf,
    minors: Range,
}

#[derive(Debug)]
pub(crate) struct Sources {
    wheel: Source,
    crates: Vec<Source>,
}

impl Sources {
    /// Takes the files if they are those of the list, all of them.
    pub(crate) fn open(list: &str, wheel: &Path, crates: &[PathBuf]) -> Fallible<Self> {
        let mut entries = entries(list)?;
        let wheel = known(&mut entries, wheel, "whl")?;
        let crates = crates.iter().map(|path| known(&mut entries, path, "crate")).collect::<Fallible<Vec<_>>>()?;
        match entries.first() {
            Some(entry) => Err(format!("{} is not given", value(entry, "file")?)),
            None => Ok(Self { wheel, crates }),
        }
    }

    pub(crate) fn minors(&self) -> Range {
        self.wheel.minors
    }

    /// The definitions of a minor, as JSON.
    pub(crate) fn definitions(&self, minor: u32) -> Fallible<Vec<u8>> {
        let member = format!("kubernetes_validate/kubernetes-json-schema/v1.{minor}.0-local/_definitions.json");
        output(Command::new("unzip").arg("-p").arg(&self.wheel.path).arg(member))
    }

    /// The Rust source of a minor's API, all files one after the other.
    pub(crate) fn rust(&self, minor: u32) -> Fallible<String> {
        let source = self.crates.iter().find(|source| source.minors.contains(minor));
        let source = source.ok_or_else(|| format!("no crate is for 1.{minor}"))?;
        let folder = format!("{}/src/v1_{minor}", source.folder);
        let text = output(Command::new("tar").arg("-xzOf").arg(&source.path).arg(folder))?;
        String::from_utf8(text).map_err(|error| format!("{}: {error}", source.path.display()))
    }
}

type Entry = BTreeMap<String, String>;

/// Reads the part of TOML that the list is written in: tables named `source` with texts for values.
fn entries(list: &str) -> Fallible<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for (number, line) in list.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "[[source]]" {
            entries.push(Entry::new());
            continue;
        }
        let pair = line.split_once(" = ");
        let text = pair.and_then(|(key, text)| Some((key, text.strip_prefix('"')?.strip_suffix('"')?)));
        let (Some((key, text)), Some(entry)) = (text, entries.last_mut()) else {
            return Err(format!("SOURCES.toml, line {}: not understood", number + 1));
        };
        entry.insert(key.to_owned(), text.to_owned());
    }
    Ok(entries)
}

fn value<'a>(entry: &'a Entry, key: &str) -> Fallible<&'a str> {
    entry.get(key).map(String::as_str).ok_or_else(|| format!("SOURCES.toml: a source without {key}"))
}

/// Takes the entry of a file out of the list.
fn known(entries: &mut Vec<Entry>, path: &Path, ending: &str) -> Fallible<Source> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let sum = Sha256::digest(&bytes).iter().fold(String::new(), |mut sum, byte| {
        let _ = write!(sum, "{byte:02x}");
        sum
    });
    let fits = |entry: &Entry| {
        entry.get("sha256") == Some(&sum)
            && entry.get("file").is_some_and(|file| Path::new(file).extension().is_some_and(|found| found == ending))
    };
    let Some(place) = entries.iter().position(fits) else {
        return Err(format!("{}: no {ending} of SOURCES.toml that is still wanted has sha256 {sum}", path.display()));
    };
    let entry = entries.remove(place);
    let folder = format!("{}-{}", value(&entry, "package")?, value(&entry, "version")?);
    for key in ["registry", "licence"] {
        value(&entry, key)?;
    }
    Ok(Source { folder, path: path.to_owned(), minors: Range::read(value(&entry, "minors")?)? })
}

fn output(command: &mut Command) -> Fallible<Vec<u8>> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = include_str!("../../schemas/SOURCES.toml");

    #[test]
    fn the_list_is_complete() {
        let entries = entries(LIST).unwrap();
        assert_eq!(entries.len(), 3);
        for entry in &entries {
            for key in ["package", "version", "registry", "licence", "file", "sha256", "minors"] {
                value(entry, key).unwrap();
            }
        }
    }

    #[test]
    fn another_file_is_refused() {
        let error = Sources::open(LIST, Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").as_path(), &[]);
        assert!(error.unwrap_err().contains("no whl of SOURCES.toml"));
    }

    #[test]
    fn other_toml_is_refused() {
        for list in ["key = \"before a table\"", "[[source]]\nsha256 = 1", "[source]"] {
            assert!(entries(list).is_err(), "{list}");
        }
    }
}
