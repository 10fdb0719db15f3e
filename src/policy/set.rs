//! The policies in use: the config's entries, resolved to bundled policies and to folders.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::bundled::{self, LIBRARY};
use super::engine::{Fault, Module, Program};
use super::gatekeeper::libraries::Libraries;
use super::metadata::Metadata;
use super::modules::{EXTENSION, Modules, package_of};
use super::reads::{self, InventoryReads};
use super::{Value, conftest, folder, matching::Match, portcullis};
use crate::config::{self, Config, ConfigError};
use crate::git::Tree;
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
                    set.mistakes.extend(set.unknown_params(config, entry, &policies));
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
                    line: policy.metadata.line.max(1),
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

    /// Parameters of an entry that none of its policies has heard of: one that is misspelt would be none.
    fn unknown_params(&self, config: &Config, entry: &config::Policy, policies: &[usize]) -> Vec<ConfigError> {
        if entry.params.is_empty() {
            return Vec::new();
        }
        let policies: Vec<&Arc<Policy>> = policies.iter().filter_map(|at| self.policies.get(*at)).collect();
        let declared = policies.iter().filter_map(|policy| policy.metadata.custom.params.as_ref());
        let declared: Vec<&str> = declared.flat_map(serde_json::Map::keys).map(String::as_str).collect();
        let modules: Vec<Module> =
            policies.iter().flat_map(|policy| policy.group.modules.needed_by(&[&policy.package])).collect();
        let is_known = |name: &str| declared.contains(&name) || modules.iter().any(|module| module.text.contains(name));
        let unknown = entry.params.keys().filter(|name| !is_known(name));
        let mistake = |name: &String| {
            let near = declared.iter().min_by_key(|known| strsim::levenshtein(known, name));
            let near = near.filter(|known| strsim::normalized_levenshtein(known, name) > 0.5);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "remove it; `portcullis policy docs` tells the parameters of policies".to_owned(),
            };
            let message = format!("policies: no policy of `{}` has a parameter `{name}`", entry.uses);
            config.mistake(&format!("{}/params/{name}", entry.pointer), message, &help)
        };
        unknown.map(mistake).collect()
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
        let files = folder::read(shown, tree, folder)?;
        // Of a folder beside the repository, a path within it says little.
        let named = |path: &Arc<str>| if folder.is_empty() { Arc::from(beside(shown, path)) } else { Arc::clone(path) };
        let modules = Modules::new(files.iter().map(|(path, text)| (named(path), Arc::clone(text))), None);
        let modules = Arc::new(modules);
        let first = self.policies.len();
        let data = conftest::data(&files, folder).unwrap_or_else(|fault| {
            self.faults.push(Fault { path: named(&fault.path), ..fault });
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
            if let Some(fault) = passes_everything(package, &convention, &modules) {
                self.faults.push(fault);
                continue;
            }
            match Policy::new(package, convention, &group) {
                Ok(policy) => self.policies.push(Arc::new(policy)),
                Err(fault) => self.faults.push(fault),
            }
        }
        self.faults.extend(modules.misnamed().map(|module| Fault {
            help: Some("write it in one line, of names without dots: package policy.images".to_owned()),
            ..Fault::of(&module.path, "the package's name cannot be used for policies".to_owned())
        }));
        // A module that cannot even say its package is told by the engine.
        for module in modules.all().filter(|module| package_of(&module.text).is_none()) {
            self.faults.extend(
                Program::compile(std::slice::from_ref(module), &Value::new_object()).err().into_iter().flatten(),
            );
        }
        let manifests =
            files.iter().filter(|(path, text)| !path.ends_with(EXTENSION) && text.contains("gatekeeper.sh"));
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

    /// The policy of an id: one in use, else a bundled one, which a Namespace's labels may ask for.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&Arc<Policy>> {
        let is_it = |policy: &&Arc<Policy>| policy.id == id;
        // Reading them all takes milliseconds.
        let bundled = || bundled::may_be_id(id).then(|| LIBRARY.policies.iter().find(is_it)).flatten();
        self.policies.iter().find(is_it).or_else(bundled)
    }

    /// How many policies and constraints are in use.
    #[must_use]
    pub fn len(&self) -> usize {
        self.policies.len() + self.gatekeeper.constraints().count()
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

/// A path within a folder that the caller named.
fn beside(folder: &str, path: &str) -> String {
    match folder.trim_end_matches('/') {
        "" | "." => path.to_owned(),
        folder => format!("{folder}/{path}"),
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

/// A package without a rule that decides would pass everything; of ours, one that others use is their library. So would a
/// package that wants another input than it is given.
fn passes_everything(package: &str, convention: &Convention, modules: &Modules) -> Option<Fault> {
    let is_ours = *convention == Convention::Portcullis;
    let rules = if is_ours { portcullis::decides(package, modules) } else { conftest::decides(package, modules) };
    let wants = if is_ours { None } else { conftest::wants_another_input(package, modules) };
    if (rules || modules.is_used(package)) && wants.is_none() {
        return None;
    }
    let module = modules.of(package).next()?;
    // What does not compile is told by the compiler.
    Program::compile(&modules.needed_by(&[package]), &Value::new_object()).ok()?;
    let names = if is_ours { "`deny`, `warn` or `info`" } else { "`deny`, `violation` or `warn`" };
    let (message, help) = wants.unwrap_or_else(|| {
        let help =
            format!("a policy has a rule {names}; a library is a package that others import, such as `lib.NAME`");
        (format!("the package `{package}` decides nothing"), help)
    });
    Some(Fault { help: Some(help), ..Fault::of(&module.path, message) })
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
