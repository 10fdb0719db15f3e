//! The policies in use: the config's entries, resolved to bundled policies and to folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::bundled::LIBRARY;
use super::engine::Module;
use super::engine::{Fault, Program};
use super::gatekeeper::libraries::Libraries;
use super::metadata::Metadata;
use super::modules::{EXTENSION, Modules, package_of};
use super::{Value, conftest, matching::Match, portcullis};
use crate::config::{self, Config, ConfigError};
use crate::git::{Content, Tree};
use crate::source::RepoPath;

/// The policies of a run.
#[derive(Debug, Default)]
pub struct PolicySet {
    /// The entries, those of clusters first.
    pub uses: Vec<Use>,
    /// Every policy once.
    pub policies: Vec<Arc<Policy>>,
    /// Gatekeeper's templates and constraints.
    pub gatekeeper: Libraries,
    /// What is wrong with the entries.
    pub mistakes: Vec<ConfigError>,
    /// What is wrong with the policies.
    pub faults: Vec<Fault>,
}

/// An entry of `policies`, or a folder that the caller gives.
#[derive(Debug)]
pub struct Use {
    /// As the config has it.
    pub entry: config::Policy,
    /// The cluster that it is for; every file when none.
    pub cluster: Option<String>,
    /// Its policies: places in [`PolicySet::policies`].
    pub policies: Vec<usize>,
}

/// How a policy is asked and what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Convention {
    /// Package `policy.…`, the AdmissionReview.
    Portcullis,
    /// conftest: the bare object, with the documents of its data folders.
    Conftest,
}

/// What a policy reads of the other objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reads {
    Nothing,
    /// `data.inventory.namespace[…namespace]`.
    Namespace,
    Everything,
}

impl Reads {
    fn of(modules: &[Module]) -> Self {
        let reads = |text: &str| {
            let uses = text.match_indices("data.inventory").map(|(at, found)| {
                let rest = text.get(at + found.len()..).unwrap_or_default();
                let index = rest.strip_prefix(".namespace[").and_then(|index| Some(index.split_once(']')?.0));
                if index.is_some_and(|index| index.ends_with("namespace")) { Self::Namespace } else { Self::Everything }
            });
            uses.max().unwrap_or(Self::Nothing)
        };
        modules.iter().map(|module| reads(&module.text)).max().unwrap_or(Self::Nothing)
    }
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
    /// The digest of its modules.
    pub digest: [u8; 32],
    /// What it looks at.
    pub matches: Match,
    /// It comes with the program.
    pub is_bundled: bool,
    inventory: Reads,
    group: Arc<Group>,
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
            let found = super::metadata::of_package(module)?;
            if path.is_empty() || (metadata.line == 0 && found.line > 0) {
                path = Arc::clone(&module.path);
                metadata = found;
            }
        }
        let matches = Match::of_metadata(&metadata.custom).map_err(|why| Fault {
            line: metadata.line,
            ..Fault::of(&path, format!("METADATA: custom.match: {why}"))
        })?;
        let name = package.strip_prefix("policy.").unwrap_or(package);
        Ok(Self {
            id: metadata.custom.id.clone().unwrap_or_else(|| format!("policy/{name}")),
            package: package.to_owned(),
            convention,
            digest: digest(modules, package),
            metadata,
            path,
            matches,
            is_bundled: false,
            inventory: Reads::of(&modules.needed_by(&[package])),
            group: Arc::clone(group),
        })
    }

    /// The policies that it is compiled with.
    #[must_use]
    pub fn group(&self) -> &Arc<Group> {
        &self.group
    }

    /// It reads the objects of the whole tree.
    #[must_use]
    pub fn reads_inventory(&self) -> bool {
        self.inventory != Reads::Nothing
    }

    /// Of the other objects it reads those of the object's own namespace alone.
    #[must_use]
    pub fn stays_in_namespace(&self) -> bool {
        self.inventory == Reads::Namespace
    }
}

/// A folder that was read once.
#[derive(Default)]
struct Known {
    places: BTreeMap<String, Vec<usize>>,
    /// Files with something of Gatekeeper's.
    gatekeeper: Vec<(RepoPath, Arc<[u8]>)>,
}

impl PolicySet {
    /// The policies that a config names, its folders read from a tree, what that has of Gatekeeper's (`found`), and the
    /// policies of folders that the caller gives.
    #[must_use]
    pub fn load(config: &Config, tree: &Tree, mut found: Vec<(RepoPath, Arc<[u8]>)>, given: &[(String, Tree)]) -> Self {
        let mut set = Self::default();
        let mut known = Known::default();
        for (entry, cluster) in written(config) {
            match set.named(&entry.uses, tree, &mut known) {
                Ok(policies) => {
                    set.uses.push(Use { entry: entry.clone(), cluster: cluster.map(str::to_owned), policies });
                }
                Err((message, help)) => {
                    set.mistakes.push(config.mistake(&format!("{}/use", entry.pointer), message, &help));
                }
            }
        }
        for (path, tree) in given {
            let first = set.policies.len();
            if let Err((message, help)) = set.folder(path, tree, "", &mut known) {
                set.faults.push(Fault { help: Some(help), ..Fault::of(path, message) });
            }
            let entry = config::Policy::of_folder(path);
            set.uses.push(Use { entry, cluster: None, policies: (first..set.policies.len()).collect() });
        }
        found.extend(known.gatekeeper);
        found.sort();
        found.dedup();
        let (gatekeeper, faults) = Libraries::load(config, &found);
        set.gatekeeper = gatekeeper;
        set.faults.extend(faults);
        set.compile();
        set
    }

    /// There is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.gatekeeper.is_empty()
    }

    /// Compile what is not known to be sound: the bundled policies are tested, and wait until they are asked.
    fn compile(&mut self) {
        let own = self.policies.par_iter().filter(|policy| !policy.is_bundled);
        let faults: Vec<Fault> = own.filter_map(|policy| policy.group.program().err()).flatten().cloned().collect();
        self.faults.extend(faults);
        let mut seen: BTreeMap<&str, &Policy> = BTreeMap::new();
        let mut twice = Vec::new();
        for policy in &self.policies {
            if let Some(first) = seen.insert(&policy.id, policy) {
                twice.push(Fault {
                    line: policy.metadata.line,
                    help: Some("give one of them another `custom.id`".to_owned()),
                    ..Fault::of(
                        &policy.path,
                        format!("two policies have the id `{}`: the other is {}", policy.id, first.path),
                    )
                });
            }
        }
        self.faults.extend(twice);
        self.faults
            .sort_by(|a, b| (&a.path, a.line, a.column, &a.message).cmp(&(&b.path, b.line, b.column, &b.message)));
        self.faults.dedup();
    }

    fn named(&mut self, name: &str, tree: &Tree, known: &mut Known) -> Result<Vec<usize>, (String, String)> {
        if let Some(places) = known.places.get(name) {
            return Ok(places.clone());
        }
        let bundled = LIBRARY.named(name);
        let places = if bundled.is_empty() {
            let first = self.policies.len();
            self.folder(name, tree, name, known)?;
            (first..self.policies.len()).collect()
        } else {
            bundled.into_iter().map(|policy| self.bundled(policy)).collect::<Vec<_>>()
        };
        known.places.insert(name.to_owned(), places.clone());
        Ok(places)
    }

    fn bundled(&mut self, bundled: &Arc<Policy>) -> usize {
        if let Some(at) = self.policies.iter().position(|policy| Arc::ptr_eq(policy, bundled)) {
            return at;
        }
        self.policies.push(Arc::clone(bundled));
        self.policies.len() - 1
    }

    /// The policies of a folder, told apart by what they say.
    fn folder(&mut self, shown: &str, tree: &Tree, folder: &str, known: &mut Known) -> Result<(), (String, String)> {
        let files = read(shown, tree, folder)?;
        let modules = Arc::new(Modules::new(files.iter().cloned(), None));
        let first = self.policies.len();
        let data = conftest::data(&files, shown).unwrap_or_else(|fault| {
            self.faults.push(fault);
            Value::new_object()
        });
        let decides = |package: &&str| package.starts_with("policy.") || conftest::is_namespace(package, &modules);
        let packages = modules.packages().into_iter().filter(decides).map(str::to_owned).collect();
        let group = Group::new(&modules, packages, data);
        for package in modules.packages() {
            let convention = if package.starts_with("policy.") {
                Convention::Portcullis
            } else if conftest::is_namespace(package, &modules) {
                Convention::Conftest
            } else {
                continue;
            };
            match Policy::new(package, convention, &group) {
                Ok(policy) => self.policies.push(Arc::new(policy)),
                Err(fault) => self.faults.push(fault),
            }
        }
        // A module that cannot even say its package is told by the engine.
        for module in modules.all().filter(|module| package_of(&module.text).is_none()) {
            self.faults.extend(
                Program::compile(std::slice::from_ref(module), &Value::new_object()).err().into_iter().flatten(),
            );
        }
        let manifests =
            files.iter().filter(|(path, text)| !path.ends_with(EXTENSION) && text.contains("gatekeeper.sh/"));
        let before = known.gatekeeper.len();
        known.gatekeeper.extend(manifests.map(|(path, text)| (RepoPath::from(&**path), Arc::from(text.as_bytes()))));
        let is_empty = self.policies.len() == first && known.gatekeeper.len() == before;
        if is_empty && self.faults.is_empty() {
            let help = "a policy is a package `policy.NAME` with `deny`, `warn` or `info`, conftest's `main`, or a \
                        ConstraintTemplate of Gatekeeper";
            return Err((format!("policies: `{shown}` holds no policy"), help.to_owned()));
        }
        Ok(())
    }

    /// One digest over all policies in use, as hex.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut all: Vec<_> = self.policies.iter().map(|policy| policy.digest).collect();
        all.push(self.gatekeeper.digest);
        all.sort_unstable();
        let bytes = Sha256::digest(all.concat());
        Some(bytes.iter().fold(String::new(), |mut hex, byte| {
            _ = write!(hex, "{byte:02x}");
            hex
        }))
    }
}

impl Policy {
    /// What it says of one input.
    pub fn evaluate(&self, input: &portcullis::Input<'_>) -> Result<Vec<super::violation::Violation>, String> {
        match self.convention {
            Convention::Portcullis => portcullis::evaluate(self, input),
            Convention::Conftest => conftest::evaluate(self, input),
        }
    }
}

/// Every entry of a config, and the cluster that it is for.
fn written(config: &Config) -> impl Iterator<Item = (&config::Policy, Option<&str>)> {
    let of_clusters = config
        .clusters
        .iter()
        .flat_map(|cluster| cluster.policies.iter().map(|entry| (entry, Some(cluster.name.as_str()))));
    of_clusters.chain(config.policies.iter().map(|entry| (entry, None)))
}

/// Paths and texts.
type Files = Vec<(Arc<str>, Arc<str>)>;

/// The files of a policy folder with their text.
fn read(shown: &str, tree: &Tree, folder: &str) -> Result<Files, (String, String)> {
    let names = || {
        let known: BTreeSet<&str> = LIBRARY.names().into_iter().filter(|name| !name.contains('/')).collect();
        format!(
            "name a folder of the tree whose rules count, or a bundled policy: {}",
            known.into_iter().collect::<Vec<_>>().join(", ")
        )
    };
    let unreadable =
        |why: String| (format!("policies: `{shown}` cannot be read: {why}"), "mend it, or remove the entry".to_owned());
    let found = tree.entry(folder).map_err(|error| unreadable(error.to_string()))?;
    let Some(_) = found else {
        return Err((format!("policies: there is neither a bundled policy nor a folder `{shown}`"), names()));
    };
    let mut files = Vec::new();
    for entry in tree.files(folder).map_err(|error| unreadable(error.to_string()))? {
        let ending = entry.path.extension();
        if !entry.kind.is_regular() || !(ending == EXTENSION || matches!(ending.as_str(), "yaml" | "yml" | "json")) {
            continue;
        }
        let path: Arc<str> = entry.path.as_str().into();
        match tree.read(&entry).map_err(|error| unreadable(error.to_string()))? {
            Content::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(text) => files.push((path, Arc::from(text))),
                Err(_) if ending == EXTENSION => return Err(unreadable(format!("{path} is not UTF-8"))),
                Err(_) => {}
            },
            Content::NotJudged(_, why) if ending == EXTENSION => return Err(unreadable(format!("{path}: {why}"))),
            Content::NotJudged(..) => {}
        }
    }
    Ok(files)
}

fn digest(modules: &Modules, package: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for module in modules.needed_by(&[package]) {
        hash.update(module.text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}
