//! The policies in use: the config's entries, resolved to bundled policies and to folders.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::bundled::{self, LIBRARY};
use super::engine::{Fault, Module, Program};
use super::gatekeeper::libraries::Libraries;
use super::loaded::{Convention, Group, Policy};
use super::matching::OddKind;
use super::modules::{EXTENSION, Modules, package_of};
use super::{Value, conftest, folder, portcullis};
use crate::config::{self, Config, ConfigError, Conftest, did_you_mean};
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
    /// What can be used, and may be another than somebody thinks.
    pub notices: Vec<Fault>,
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

/// What is wrong with an entry.
struct Mistake {
    /// Its key.
    at: &'static str,
    message: String,
    help: String,
}

impl Mistake {
    fn of_use((message, help): (String, String)) -> Self {
        Self { at: "use", message, help }
    }
}

/// A folder that was read once.
#[derive(Default)]
struct Known {
    places: BTreeMap<(String, Conftest), Vec<usize>>,
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
            match set.named(entry, tree, &mut known) {
                Ok(policies) => {
                    set.mistakes.extend(set.unknown_params(config, entry, &policies));
                    set.uses.push(Use { entry: entry.clone(), cluster: cluster.map(str::to_owned), policies });
                }
                Err(Mistake { at, message, help }) => {
                    set.mistakes.push(config.mistake(&format!("{}/{at}", entry.pointer), message, &help));
                }
            }
        }
        for (path, tree) in given {
            let entry = config::Policy::of_folder(path);
            let policies =
                set.folder(&entry, tree, "", &mut known).unwrap_or_else(|Mistake { message, help, .. }| {
                    set.faults.push(Fault { help: Some(help), ..Fault::of(path, message) });
                    Vec::new()
                });
            set.uses.push(Use { entry, cluster: None, policies });
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
        let faults: Vec<Fault> = own.filter_map(|policy| policy.group().program().err()).flatten().cloned().collect();
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
            policies.iter().flat_map(|policy| policy.group().modules().needed_by(&[&policy.package])).collect();
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

    fn named(&mut self, entry: &config::Policy, tree: &Tree, known: &mut Known) -> Result<Vec<usize>, Mistake> {
        let (name, conftest) = (&entry.uses, &entry.conftest);
        let key = (name.clone(), conftest.clone());
        if let Some(places) = known.places.get(&key) {
            return Ok(places.clone());
        }
        let bundled = LIBRARY.named(name);
        let keys = [("combine", conftest.combine.is_some()), ("namespace", conftest.namespaces.is_some())];
        let places = match keys.into_iter().find(|(_, is_written)| *is_written) {
            Some((at, _)) if !bundled.is_empty() => {
                let message = format!("policies: `{name}` is bundled, and `{at}` is about conftest's policies");
                return Err(Mistake { at, message, help: "remove the key".to_owned() });
            }
            _ if bundled.is_empty() => self.folder(entry, tree, name, known)?,
            _ => bundled.into_iter().map(|policy| self.bundled(policy)).collect(),
        };
        known.places.insert(key, places.clone());
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
    fn folder(
        &mut self,
        entry: &config::Policy,
        tree: &Tree,
        folder: &str,
        known: &mut Known,
    ) -> Result<Vec<usize>, Mistake> {
        let shown = entry.uses.as_str();
        let files = folder::read(shown, tree, folder).map_err(Mistake::of_use)?;
        // Of a folder beside the repository, a path within it says little.
        let named = |path: &Arc<str>| if folder.is_empty() { Arc::from(beside(shown, path)) } else { Arc::clone(path) };
        let modules = Modules::new(files.iter().map(|(path, text)| (named(path), Arc::clone(text))), None);
        let modules = Arc::new(modules);
        unknown_namespace(shown, &modules, &entry.conftest)?;
        let data = conftest::data(&files, folder).unwrap_or_else(|fault| {
            self.faults.push(Fault { path: named(&fault.path), ..fault });
            Value::new_object()
        });
        let convention = |package: &str| {
            if package.starts_with("policy.") {
                return Some(Convention::Portcullis);
            }
            let is_combined = || entry.conftest.combine.unwrap_or_else(|| conftest::is_combined(package, &modules));
            let asked = conftest::is_namespace(package, &modules, &entry.conftest);
            asked.then(|| if is_combined() { Convention::Combined } else { Convention::Conftest })
        };
        let decides = |package: &&str| convention(package).is_some();
        let packages = modules.packages().into_iter().filter(decides).map(str::to_owned).collect();
        let group = Group::new(&modules, packages, data);
        let faults = self.faults.len();
        let mut places = Vec::new();
        for package in modules.packages() {
            let Some(convention) = convention(package) else {
                self.notices.extend(conftest::not_asked(package, &modules, &entry.conftest));
                continue;
            };
            if let Some(fault) = passes_everything(package, &convention, &modules) {
                // A pattern takes libraries too, such as those of tests.
                if !entry.conftest.namespaces.iter().flatten().any(|name| name.contains('*'))
                    || conftest::decides(package, &modules)
                {
                    self.faults.push(fault);
                } else {
                    self.notices.push(Fault { code: "incomplete", ..fault });
                }
                continue;
            }
            match Policy::new(package, convention, &group) {
                // Another entry may ask for the same package of the folder, and for others.
                Ok(mut policy) => {
                    self.odd_kinds(&policy);
                    if self.has_namesake(&policy) {
                        policy.call_after(if folder.is_empty() { last_part(shown) } else { folder });
                    }
                    places.push(self.place_of(policy));
                }
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
        if places.is_empty() && known.gatekeeper.len() == before && self.faults.len() == faults {
            let help = "a policy is a package `policy.NAME` with `deny`, `warn` or `info`, conftest's `main`, or a \
                        ConstraintTemplate of Gatekeeper";
            return Err(Mistake::of_use((format!("policies: `{shown}` holds no policy"), help.to_owned())));
        }
        Ok(places)
    }

    /// What a policy looks for and cannot find: a misspelt kind would pass everything.
    fn odd_kinds(&mut self, policy: &Policy) {
        for odd in policy.odd_kinds() {
            let fault = policy.match_fault(&odd);
            match odd {
                OddKind { is_certain: true, meant: Some(_), .. } => self.faults.push(fault),
                OddKind { is_certain: true, .. } => {
                    let help = Some("remove it: the policy is asked about no such object".to_owned());
                    self.notices.push(Fault { code: "incomplete", help, ..fault });
                }
                OddKind { is_certain: false, .. } => {}
            }
        }
    }

    /// Another folder has a policy of the same package, as every folder of conftest's has `main`. Who comes first keeps the
    /// id, so that one folder's ids do not change when another comes.
    fn has_namesake(&self, policy: &Policy) -> bool {
        let is_it = |known: &Arc<Policy>| known.id == policy.id && known.path != policy.path;
        policy.metadata.custom.id.is_none() && self.policies.iter().any(is_it)
    }

    /// The place of a policy, which may be there already.
    fn place_of(&mut self, policy: Policy) -> usize {
        let is_it = |known: &Arc<Policy>| {
            known.path == policy.path && known.package == policy.package && known.convention == policy.convention
        };
        self.policies.iter().position(is_it).unwrap_or_else(|| {
            self.policies.push(Arc::new(policy));
            self.policies.len() - 1
        })
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
/// A path within a folder that the caller named.
fn beside(folder: &str, path: &str) -> String {
    match folder.trim_end_matches('/') {
        "" | "." => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}

/// Where a folder beside the repository lies says nothing of it.
fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
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
    let wants = if is_ours {
        None
    } else {
        conftest::wants_another_input(package, modules, *convention == Convention::Combined)
    };
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

/// A package that an entry names and the folder does not have would be asked by nobody.
fn unknown_namespace(folder: &str, modules: &Modules, conftest: &Conftest) -> Result<(), Mistake> {
    let packages = modules.packages();
    let names = conftest.namespaces.iter().flatten().map(|name| (name, config::pattern::Wildcard::new(name)));
    for (name, pattern) in names {
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            packages.iter().partition(|package| package.starts_with("policy."));
        if theirs.into_iter().any(|package| pattern.matches(package)) {
            continue;
        }
        let message = format!("policies: no package of `{folder}` is called `{name}`");
        let help = if ours.into_iter().any(|package| pattern.matches(package)) {
            "packages `policy.…` are portcullis' own, which are always asked; remove it".to_owned()
        } else {
            let near = did_you_mean(name, packages.iter().copied());
            let all = || packages.iter().copied().collect::<Vec<_>>().join(", ");
            near.map_or_else(|| format!("there are: {}", all()), |near| format!("did you mean `{near}`?"))
        };
        return Err(Mistake { at: "namespace", message, help });
    }
    Ok(())
}
