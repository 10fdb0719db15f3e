//! A policy as it is loaded: what it is, how it is asked, and what it is compiled with.

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::engine::{Fault, Program};
use super::matching::{Match, OddKind};
use super::metadata::{self, Metadata};
use super::modules::Modules;
use super::reads::{self, InventoryReads};
use super::violation::Violation;
use super::{Value, conftest, portcullis};

/// How a policy is asked and what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Convention {
    /// Package `policy.…`, the AdmissionReview.
    Portcullis,
    /// conftest: the bare object, with the documents of its data folders.
    Conftest,
    /// conftest with `--combine`: all objects at once.
    Combined,
}

/// One policy.
#[derive(Debug)]
pub struct Policy {
    /// Its id, which is the rule's.
    pub id: String,
    /// The package without `data.`.
    pub package: String,
    /// How it is asked.
    pub convention: Convention,
    /// What it says of itself.
    pub metadata: Metadata,
    /// Its own file.
    pub path: Arc<str>,
    /// The digest of its modules, and of the documents that they read.
    pub digest: [u8; 32],
    /// What it looks at.
    pub matches: Match,
    /// It comes with the program.
    pub is_bundled: bool,
    /// What it reads of the other objects.
    pub inventory: InventoryReads,
    /// It may ask for which cluster the object is judged.
    pub asks_cluster: bool,
    group: Arc<Group>,
    constants: OnceLock<Vec<Value>>,
}

/// Policies that are compiled together, because they lie together and share what they import.
#[derive(Debug)]
pub struct Group {
    modules: Arc<Modules>,
    packages: Vec<String>,
    /// What lies below `data`.
    data: Value,
    program: OnceLock<Result<Program, Vec<Fault>>>,
}

impl Group {
    /// Some packages of modules that lie together, with the documents that they read.
    #[must_use]
    pub fn new(modules: &Arc<Modules>, packages: Vec<String>, data: Value) -> Arc<Self> {
        Arc::new(Self { modules: Arc::clone(modules), packages, data, program: OnceLock::new() })
    }

    /// Their documents with others beside them.
    #[must_use]
    pub fn with(&self, documents: &Value) -> Value {
        let mut all = self.data.clone();
        if let (Ok(all), Ok(more)) = (all.as_object_mut(), documents.as_object()) {
            all.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        all
    }

    /// The modules that lie together.
    #[must_use]
    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// They were asked for before.
    #[must_use]
    pub fn is_compiled(&self) -> bool {
        self.program.get().is_some()
    }

    /// The compiled policies; compiled when first asked for.
    ///
    /// # Errors
    /// What is wrong with their modules.
    pub fn program(&self) -> Result<&Program, &Vec<Fault>> {
        let compile = || {
            let packages: Vec<&str> = self.packages.iter().map(String::as_str).collect();
            Program::of_units(&self.modules.parsed(&packages)?, Some(&packages), &self.data)
        };
        self.program.get_or_init(compile).as_ref()
    }
}

impl Policy {
    /// The policy of a package.
    ///
    /// # Errors
    /// METADATA that cannot be read.
    pub fn new(package: &str, convention: Convention, group: &Arc<Group>) -> Result<Self, Fault> {
        let modules = &group.modules;
        let mut path: Arc<str> = Arc::from("");
        let mut metadata = Metadata::default();
        for module in modules.of(package) {
            let found = metadata::of_package(module)?;
            if path.is_empty() || (metadata.line == 0 && found.line > 0) {
                path = Arc::clone(&module.path);
                metadata = found;
            }
        }
        let matches = Match::of_metadata(&metadata.custom).map_err(|why| Fault {
            line: metadata.line,
            ..Fault::of(&path, format!("METADATA: custom.match: {why}"))
        })?;
        if convention == Convention::Combined && metadata.custom.matches.is_some() {
            let (line, column) = (metadata.line, 1);
            let message = "METADATA: custom.match: the policy judges all objects together".to_owned();
            let help = Some("remove it, and say in the rules which objects they are about".to_owned());
            return Err(Fault { line, column, help, ..Fault::of(&path, message) });
        }
        if let Some((message, help)) = metadata.custom.id.as_deref().and_then(id_mistake) {
            let line = metadata.line;
            return Err(Fault { line, help: Some(help.to_owned()), ..Fault::of(&path, message) });
        }
        let name = package.strip_prefix("policy.").unwrap_or(package);
        Ok(Self {
            id: metadata.custom.id.clone().unwrap_or_else(|| format!("policy/{name}")),
            package: package.to_owned(),
            convention,
            digest: digest(modules, package, &group.data),
            metadata,
            path,
            matches,
            is_bundled: false,
            inventory: modules.inventory_read_by(package),
            asks_cluster: modules.says(package, "cluster") && modules.says(package, "change"),
            group: Arc::clone(group),
            constants: OnceLock::new(),
        })
    }

    /// Give it an id that says its folder, where another folder has a policy of its package.
    pub(super) fn call_after(&mut self, folder: &str) {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
        let parts = folder.split('/').filter(|part| !part.trim_matches('.').is_empty());
        let parts: Vec<String> = parts.map(|part| part.chars().map(plain).collect()).collect();
        let name = self.package.strip_prefix("policy.").unwrap_or(&self.package);
        self.id = format!("policy/{}/{name}", parts.join("/"));
    }

    /// Groups and kinds of its `match` that no object can have, or hardly.
    #[must_use]
    pub fn odd_kinds(&self) -> Vec<OddKind> {
        // Ours are tested.
        if self.is_bundled { Vec::new() } else { self.matches.odd_kinds() }
    }

    /// One of them as a mistake of its METADATA.
    #[must_use]
    pub fn match_fault(&self, odd: &OddKind) -> Fault {
        let mut own = self.group.modules.of(&self.package).filter(|module| module.path == self.path);
        let (line, column) = own.next().map_or((1, 1), |module| metadata::place_of(module, &self.metadata, &odd.text));
        let help = odd.meant.as_ref().map(|meant| format!("did you mean {meant}?"));
        let message = format!("METADATA: custom.match: {}", odd.message);
        Fault { line, column, help, ..Fault::of(&self.path, message) }
    }

    /// What it may compare a value with: each is tried in the place of one that is not known.
    #[must_use]
    pub fn constants(&self) -> &[Value] {
        self.constants.get_or_init(|| {
            let matches = self.metadata.custom.matches.clone().map(Value::from);
            let mut all = matches.as_ref().map(reads::constants_of).unwrap_or_default();
            all.extend(reads::constants(self.group.modules.parsed_of(&self.package)));
            all
        })
    }

    /// The policies that it is compiled with.
    #[must_use]
    pub fn group(&self) -> &Arc<Group> {
        &self.group
    }

    /// The compiled policy; compiled when first asked for.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(super) fn program(&self) -> Result<&Program, String> {
        let first =
            |faults: &Vec<Fault>| faults.first().map_or_else(|| "it cannot be compiled".to_owned(), Fault::to_string);
        self.group.program().map_err(first)
    }

    /// What it says of one object.
    pub fn evaluate(&self, input: &portcullis::Input<'_>) -> Result<Vec<Violation>, String> {
        match self.convention {
            Convention::Portcullis => portcullis::evaluate(self, input),
            Convention::Conftest => conftest::evaluate(self, input),
            Convention::Combined => Err("it judges all objects together".to_owned()),
        }
    }
}

/// What is wrong with the id that a policy gives itself.
fn id_mistake(id: &str) -> Option<(String, &'static str)> {
    let is_plain = |part: &str| {
        !part.trim_matches('.').is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if !id.split('/').all(is_plain) {
        let help = "write letters, digits, `-`, `_` and `.`, in parts with `/` between them: images/no-latest";
        return Some((format!("METADATA: custom.id: {id:?} is no name"), help));
    }
    if crate::rules::find(id).is_some() || id.starts_with("gatekeeper/") {
        return Some((format!("METADATA: custom.id: `{id}` is the name of another rule"), "choose another name"));
    }
    None
}

fn digest(modules: &Modules, package: &str, data: &Value) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(super::json::to_json(data));
    for module in modules.needed_by(&[package]) {
        hash.update(module.text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}
