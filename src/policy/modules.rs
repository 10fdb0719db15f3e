//! Which modules belong together: the packages of a folder, and what each of them needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compile;
use super::engine::{Module, RegoVersion};

/// The ending of Rego files.
pub const EXTENSION: &str = "rego";

/// Modules that lie together and may import each other.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    all: Vec<(String, Module)>,
}

impl Modules {
    /// Modules by their files, tests left out: their rules must never decide. Each file says by itself which language it
    /// is in, unless that is known.
    pub fn new(files: impl IntoIterator<Item = (Arc<str>, Arc<str>)>, version: Option<RegoVersion>) -> Self {
        let rego = files.into_iter().filter(|(path, _)| is_module(path));
        let all = rego.map(|(path, text)| {
            let version = version.unwrap_or_else(|| version_of(&path, &text));
            (package_of(&text).unwrap_or_default(), Module { path, text, version })
        });
        Self { all: all.collect() }
    }

    /// The packages, sorted, each once. A module without one is in the package of no name.
    #[must_use]
    pub fn packages(&self) -> BTreeSet<&str> {
        self.all.iter().map(|(package, _)| package.as_str()).collect()
    }

    /// The modules of a package itself.
    pub fn of<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a Module> {
        self.all.iter().filter(move |(of, _)| of == package).map(|(_, module)| module)
    }

    /// The modules of some packages and of every package that they mention, and so on.
    #[must_use]
    pub fn needed_by(&self, packages: &[&str]) -> Vec<Module> {
        let mut needed: BTreeSet<&str> = packages.iter().copied().collect();
        let mut open = packages.to_vec();
        while let Some(package) = open.pop() {
            for module in self.of(package) {
                let mentioned = self.packages().into_iter().filter(|other| mentions(&module.text, other));
                open.extend(mentioned.filter(|other| needed.insert(other)));
            }
        }
        self.all
            .iter()
            .filter(|(package, _)| needed.contains(package.as_str()))
            .map(|(_, module)| module.clone())
            .collect()
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Module> {
        self.all.iter().map(|(_, module)| module)
    }
}

/// The file is a module that may decide: not a test.
#[must_use]
pub fn is_module(path: &str) -> bool {
    let stem = path.strip_suffix(".rego");
    stem.is_some_and(|stem| !stem.ends_with("_test"))
}

/// The text speaks of a package, or of a package that holds it: `data.lib.pods`, `data.lib`.
fn mentions(text: &str, package: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let speaks_of = |package: &str| {
        let path = format!("data.{package}");
        text.match_indices(&path).any(|(at, _)| !text.as_bytes().get(at + path.len()).copied().is_some_and(is_word))
    };
    let above = package.match_indices('.').filter_map(|(at, _)| package.get(..at));
    !package.is_empty() && (speaks_of(package) || above.into_iter().any(|above| ends_at(text, above)))
}

/// The text has `data.PACKAGE` and no name behind it.
fn ends_at(text: &str, package: &str) -> bool {
    let path = format!("data.{package}");
    text.match_indices(&path).any(|(at, _)| {
        let next = text.as_bytes().get(at + path.len()).copied();
        !next.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    })
}

/// The package that a module declares: `policy.workloads`.
#[must_use]
pub fn package_of(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let path = line.strip_prefix("package")?.strip_prefix([' ', '\t'])?;
    let path = path.split('#').next().unwrap_or_default().trim();
    Some(path.replace("[\"", ".").replace("\"]", ""))
}

/// The language of a module that nobody states: Rego v1, unless it is only what Rego was before.
#[must_use]
pub fn version_of(path: &Arc<str>, text: &Arc<str>) -> RegoVersion {
    let module = |version| Module { path: Arc::clone(path), text: Arc::clone(text), version };
    let reads = |version| compile::parse(&[module(version)]).is_ok();
    if !reads(RegoVersion::V1) && reads(RegoVersion::V0) { RegoVersion::V0 } else { RegoVersion::V1 }
}
