//! Which modules belong together: the packages of a folder, and what each of them needs.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::compile::{self, Unit};
use super::engine::{Fault, Module, RegoVersion};
use super::reads::InventoryReads;
use super::rego::ast::{self, Shape};

/// The ending of Rego files.
pub const EXTENSION: &str = "rego";

/// Modules that lie together and may import each other.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    all: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    package: String,
    module: Module,
    /// The paths below `data` that it speaks of, each once.
    speaks_of: BTreeSet<String>,
    /// It is one of ours.
    is_bundled: bool,
    /// Its syntax tree, or what is wrong with it; made when first asked for.
    parsed: OnceLock<Result<Arc<Unit>, Vec<Fault>>>,
}

impl Known {
    fn parsed(&self) -> &Result<Arc<Unit>, Vec<Fault>> {
        self.parsed.get_or_init(|| compile::parse_one(&self.module))
    }

    /// What it reads of the other objects; when it is not Rego, anything.
    fn reads(&self) -> InventoryReads {
        // Ours say `inventory` when they mean it.
        let may_read = !self.is_bundled || self.module.text.contains("inventory");
        match may_read.then(|| self.parsed()) {
            Some(Ok(unit)) => InventoryReads::of(&unit.module, self.is_bundled),
            Some(Err(_)) => InventoryReads::anything(),
            None => InventoryReads::default(),
        }
    }
}

impl Modules {
    /// Modules by their files, tests left out: their rules must never decide. Each file says by itself which language it
    /// is in, unless that is known.
    pub fn new(files: impl IntoIterator<Item = (Arc<str>, Arc<str>)>, version: Option<RegoVersion>) -> Self {
        let rego = files.into_iter().filter(|(path, _)| is_module(path));
        let is_bundled = version.is_some();
        let all = rego.map(|(path, text)| {
            let module = Module { version: version.unwrap_or_else(|| version_of(&path, &text)), path, text };
            Known {
                package: package_of(&module.text).unwrap_or_default(),
                speaks_of: paths_of(&module.text),
                // Nobody else's language is known before it is read.
                is_bundled,
                module,
                parsed: OnceLock::new(),
            }
        });
        Self { all: all.collect() }
    }

    /// The packages, sorted, each once. A module without one is in the package of no name.
    #[must_use]
    pub fn packages(&self) -> BTreeSet<&str> {
        self.all.iter().map(|known| known.package.as_str()).collect()
    }

    /// The modules of a package itself.
    pub fn of<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a Module> {
        self.all.iter().filter(move |known| known.package == package).map(|known| &known.module)
    }

    /// The names of a package's rules that give a value, functions left out. Of a module that cannot be parsed, those that
    /// begin its lines.
    #[must_use]
    pub(super) fn rules_of(&self, package: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for known in self.all.iter().filter(|known| known.package == package) {
            match known.parsed() {
                Ok(unit) => {
                    let rules = unit.module.rules.iter().filter(|rule| rule.shape != Shape::Function);
                    names.extend(rules.filter_map(|rule| Some(rule.path.first()?.as_var()?.to_string())));
                }
                Err(_) => names.extend(known.module.text.lines().map(|line| head(line).to_owned())),
            }
        }
        names
    }

    /// The syntax trees of a package's modules, as far as they can be parsed.
    pub(super) fn parsed_of<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a ast::Module> {
        let own = self.all.iter().filter(move |known| known.package == package);
        own.filter_map(|known| known.parsed().as_ref().ok()).map(|unit| &unit.module)
    }

    /// The same of the packages that it speaks of, too.
    pub(super) fn parsed_needed_by(&self, package: &str) -> Vec<&ast::Module> {
        let needed = self.closure(&[package]).filter_map(|known| known.parsed().as_ref().ok());
        needed.map(|unit| &unit.module).collect()
    }

    /// The modules whose package is not what its line says in plain names: a policy would be asked by another path.
    pub fn misnamed(&self) -> impl Iterator<Item = &Module> {
        let is_plain =
            |known: &Known, unit: &Unit| known.package.split('.').eq(unit.module.package.iter().map(|part| &**part));
        let odd = self.all.iter().filter(move |known| known.parsed().as_ref().is_ok_and(|unit| !is_plain(known, unit)));
        odd.map(|known| &known.module)
    }

    /// The modules of some packages and of every package that they speak of, and so on.
    #[must_use]
    pub fn needed_by(&self, packages: &[&str]) -> Vec<Module> {
        self.closure(packages).map(|known| known.module.clone()).collect()
    }

    /// The same, parsed. What several policies need is parsed once.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn parsed(&self, packages: &[&str]) -> Result<Vec<Arc<Unit>>, Vec<Fault>> {
        let (mut units, mut faults) = (Vec::new(), Vec::new());
        for known in self.closure(packages) {
            match known.parsed() {
                Ok(unit) => units.push(Arc::clone(unit)),
                Err(wrong) => faults.extend(wrong.iter().cloned()),
            }
        }
        if faults.is_empty() { Ok(units) } else { Err(faults) }
    }

    /// What a package and those that it speaks of read of the other objects.
    #[must_use]
    pub fn inventory_read_by(&self, package: &str) -> InventoryReads {
        let mut reads = InventoryReads::default();
        self.closure(&[package]).for_each(|known| reads.merge(&known.reads()));
        reads
    }

    /// A package, or one that it speaks of, has a word in its text.
    #[must_use]
    pub fn says(&self, package: &str, word: &str) -> bool {
        self.closure(&[package]).any(|known| known.module.text.contains(word))
    }

    /// Some other package speaks of it.
    #[must_use]
    pub fn is_used(&self, package: &str) -> bool {
        let mut others = self.all.iter().filter(|known| known.package != package);
        others.any(|known| known.speaks_of.iter().any(|path| is_about(path, package)))
    }

    fn closure<'a>(&'a self, packages: &[&str]) -> impl Iterator<Item = &'a Known> + use<'a> {
        let all = self.packages();
        let mut open: Vec<&str> = all.iter().copied().filter(|package| packages.contains(package)).collect();
        let mut needed: BTreeSet<&str> = open.iter().copied().collect();
        while let Some(package) = open.pop() {
            for known in self.all.iter().filter(|known| known.package == package) {
                let is_meant = |other: &&str| known.speaks_of.iter().any(|path| is_about(path, other));
                open.extend(all.iter().copied().filter(is_meant).filter(|other| needed.insert(other)));
            }
        }
        self.all.iter().filter(move |known| needed.contains(known.package.as_str()))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Module> {
        self.all.iter().map(|known| &known.module)
    }
}

/// The name that a line begins with, behind `default`.
fn head(line: &str) -> &str {
    let line = line.trim_start();
    let line = line.strip_prefix("default ").unwrap_or(line).trim_start();
    line.get(..line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len())).unwrap_or_default()
}

/// The paths of names below `data` in a text.
fn paths_of(text: &str) -> BTreeSet<String> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let paths = text.match_indices("data.").filter_map(|(at, found)| {
        let rest = text.get(at + found.len()..)?;
        rest.get(..rest.find(|c| !is_path(c)).unwrap_or(rest.len()))
    });
    paths.map(|path| path.trim_end_matches('.').to_owned()).collect()
}

/// A path lies in a package, or above it.
fn is_about(path: &str, package: &str) -> bool {
    let holds = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    !package.is_empty() && !path.is_empty() && (holds(package, path) || holds(path, package))
}

/// The file is a module that may decide: not a test.
#[must_use]
pub fn is_module(path: &str) -> bool {
    let stem = path.strip_suffix(".rego");
    stem.is_some_and(|stem| !stem.ends_with("_test"))
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
