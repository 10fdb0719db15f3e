//! What policies may know of one side beside the object: its Namespaces, and all of its objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::Value;

use super::conftest;
use super::engine::Program;
use super::gatekeeper::inventory::{Inventory as Objects, Made, nested};
use super::gatekeeper::selector::NAME_LABEL;
use super::loaded::{Convention, Policy};
use super::review::object_of;
use super::value;
use crate::config::Config;
use crate::git::Content;
use crate::inventory::{self, Inventory};
use crate::manifest::object::objects_of;
use crate::manifest::unknown::Unknown;
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect};

/// All objects of a side.
#[derive(Debug, Default)]
pub struct Documents {
    /// The objects, in the order of their files.
    pub objects: Vec<Placed>,
    /// Files that may hold more but could not be read, and why.
    pub unread: Vec<(RepoPath, String)>,
}

/// An object, and where it goes.
#[derive(Debug)]
pub struct Placed {
    /// The file.
    pub file: RepoPath,
    /// The clusters that its file is for; none when no cluster claims it.
    pub clusters: Arc<[String]>,
    /// `namespace/NAMESPACE` or `cluster`, group and version, kind, name.
    pub path: Vec<String>,
    /// The object.
    pub value: Value,
    /// The object without what is not known of it, where that differs.
    pub without_unknown: Option<Value>,
}

/// Reads all objects of a side.
pub type Gather<'a> = dyn Fn() -> Documents + Send + Sync + 'a;

/// A program that is filled once, by whoever comes first.
type Slot = Arc<OnceLock<Result<Program, String>>>;

/// The cluster that an object is judged for.
type Scope = Option<String>;

/// All objects of a side, by cluster; read when first asked for.
struct Gathered<'a> {
    gather: &'a Gather<'a>,
    /// The config names clusters.
    has_clusters: bool,
    documents: OnceLock<Documents>,
}

impl Gathered<'_> {
    /// `data.inventory` of a cluster: the objects of its files, and of those that no cluster claims. Without a cluster the
    /// latter alone, or all where the config names no clusters.
    fn of(&self, scope: Option<&str>) -> Value {
        nested(self.placed(scope).map(|placed| (placed.path.clone(), placed.value.clone())))
    }

    fn placed(&self, scope: Option<&str>) -> impl Iterator<Item = &Placed> {
        let is_in = move |placed: &&Placed| match scope {
            Some(cluster) => placed.clusters.is_empty() || placed.clusters.iter().any(|name| name == cluster),
            None => placed.clusters.is_empty() || !self.has_clusters,
        };
        self.documents.get_or_init(self.gather).objects.iter().filter(is_in)
    }
}

/// One side.
pub struct State<'a> {
    inventory: &'a Inventory<'a>,
    /// The side before it, when this is the head.
    before: Option<&'a State<'a>>,
    gathered: Arc<Gathered<'a>>,
    change: Value,
    documents: Mutex<HashMap<Scope, Value>>,
    /// The same for each of Gatekeeper's libraries.
    gatekeeper: Mutex<HashMap<(usize, Scope), Arc<Made>>>,
    namespaces: OnceLock<HashMap<String, Vec<(RepoPath, inventory::Namespace)>>>,
    /// Those that somebody asked for, whole.
    whole: Mutex<HashMap<(String, RepoPath), Value>>,
    /// By the address of their group.
    programs: Mutex<HashMap<(usize, Scope), Slot>>,
}

impl std::fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("change", &self.change).finish_non_exhaustive()
    }
}

impl<'a> State<'a> {
    /// A side. Nothing is read before a policy asks for it.
    #[must_use]
    pub fn new(
        inventory: &'a Inventory<'a>,
        before: Option<&'a State<'a>>,
        gather: &'a Gather<'a>,
        config: &Config,
        change: Value,
    ) -> Self {
        let has_clusters = !config.clusters.is_empty();
        Self {
            inventory,
            before,
            gathered: Arc::new(Gathered { gather, has_clusters, documents: OnceLock::new() }),
            change,
            documents: Mutex::default(),
            gatekeeper: Mutex::default(),
            namespaces: OnceLock::new(),
            whole: Mutex::default(),
            programs: Mutex::default(),
        }
    }

    /// `input.change`: what is compared.
    #[must_use]
    pub fn change(&self) -> &Value {
        &self.change
    }

    /// A policy with the documents that it reads, those of a cluster, and for conftest's the name of the file.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn program(&self, policy: &Policy, scope: Option<&str>, file: &RepoPath) -> Result<Program, String> {
        let compiled = policy.program()?;
        if policy.convention != Convention::Portcullis && compiled.reads("data.conftest.file") {
            let mut documents = object_of([("conftest", conftest::file(file))]);
            if let (false, Ok(all), Ok(more)) =
                (policy.inventory.is_nothing(), documents.as_object_mut(), self.documents(scope).as_object())
            {
                all.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            return compiled.with_data(&policy.group().with(&documents)).map_err(|error| error.to_string());
        }
        if policy.inventory.is_nothing() {
            return Ok(compiled.clone());
        }
        let slot = {
            let key = (Arc::as_ptr(policy.group()) as usize, scope.map(str::to_owned));
            Arc::clone(lock(&self.programs).entry(key).or_default())
        };
        let with_data =
            || compiled.with_data(&policy.group().with(&self.documents(scope))).map_err(|error| error.to_string());
        slot.get_or_init(with_data).clone()
    }

    fn documents(&self, scope: Option<&str>) -> Value {
        let make = || {
            let own = self.gathered.of(scope);
            let base = self.before.map_or_else(|| own.clone(), |before| before.gathered.of(scope));
            object_of([("inventory", own), ("inventory_base", base)])
        };
        lock(&self.documents).entry(scope.map(str::to_owned)).or_insert_with(make).clone()
    }

    /// All objects of a cluster, for one of Gatekeeper's libraries.
    #[must_use]
    pub fn gatekeeper(&self, library: usize, scope: Option<&str>) -> Objects<'a> {
        let scope = scope.map(str::to_owned);
        let made = Arc::clone(lock(&self.gatekeeper).entry((library, scope.clone())).or_default());
        let gathered = Arc::clone(&self.gathered);
        Objects::with(made, move || gathered.of(scope.as_deref()))
    }

    /// The objects of a cluster, as [`program`](Self::program) shows them, in the order of their files.
    pub(crate) fn objects<'s>(&'s self, scope: Option<&str>) -> impl Iterator<Item = &'s Placed> {
        self.gathered.placed(scope)
    }

    /// A file of each set of clusters.
    pub(crate) fn of_each_cluster(&self) -> impl Iterator<Item = &RepoPath> {
        let all = &self.gathered.documents.get_or_init(self.gathered.gather).objects;
        let files: BTreeMap<&[String], &RepoPath> =
            all.iter().map(|placed| (&*placed.clusters, &placed.file)).collect();
        files.into_values()
    }

    /// Where some policy read the objects of this side: the files that could not be read, and why.
    #[must_use]
    pub fn unread(&self) -> &[(RepoPath, String)] {
        self.gathered.documents.get().map_or(&[], |documents| &documents.unread)
    }

    /// The Namespace of a name, as the cluster has it: of several, the one whose file lies nearest.
    #[must_use]
    pub fn namespace(&self, name: &str, near: &RepoPath) -> Option<Value> {
        let (path, fact) = self.nearest(name, near)?;
        let key = (name.to_owned(), path.clone());
        if let Some(known) = lock(&self.whole).get(&key) {
            return Some(known.clone());
        }
        let made = self.read_namespace(path, fact);
        Some(lock(&self.whole).entry(key).or_insert(made).clone())
    }

    fn nearest(&self, name: &str, near: &RepoPath) -> Option<&(RepoPath, inventory::Namespace)> {
        let nearness = |path: &RepoPath| {
            let pairs = path.folder().split('/').zip(near.folder().split('/'));
            pairs.take_while(|(a, b)| a == b).count()
        };
        self.namespaces().get(name)?.iter().rev().max_by_key(|(path, _)| nearness(path))
    }

    /// The Namespace of a file, with the label that the server gives every one.
    fn read_namespace(&self, path: &RepoPath, fact: &inventory::Namespace) -> Value {
        let tree = self.inventory.tree();
        let bytes = tree.entry(path.as_str()).ok().flatten().and_then(|entry| match tree.read(&entry).ok()? {
            Content::Bytes(bytes) => Some(bytes),
            Content::NotJudged(..) => None,
        });
        let stream = bytes.map(|bytes| yaml::read(path.clone(), Side::Head, &bytes, Dialect::Kubectl));
        let documents = stream.into_iter().flat_map(|stream| stream.documents).map(Arc::new);
        let found = documents.flat_map(|document| objects_of(&document, Unknown::default())).find(|object| {
            let key = &object.key;
            key.group.is_empty() && key.kind == "Namespace" && key.name == fact.name
        });
        let mut whole = found.map_or_else(|| of_fact(fact), |object| value::whole(object.value()));
        let mut labels = whole["metadata"]["labels"].as_object().cloned().unwrap_or_default();
        labels.insert(Value::from(NAME_LABEL), Value::from(fact.name.as_str()));
        if let Some(Ok(metadata)) =
            whole.as_object_mut().ok().and_then(|fields| fields.get_mut(&"metadata".into())).map(Value::as_object_mut)
        {
            metadata.insert(Value::from("labels"), Value::from(labels));
        }
        whole
    }

    /// The labels of a Namespace on this side, and on the one before it.
    #[must_use]
    pub fn labels(&self, name: &str, near: &RepoPath) -> Vec<BTreeMap<String, String>> {
        let labels = |state: &Self| Some(state.nearest(name, near)?.1.labels.iter().cloned().collect());
        [Some(self), self.before].into_iter().flatten().filter_map(labels).collect()
    }

    /// The labels of every Namespace on this side, and on the one before it.
    pub fn all_labels(&self) -> impl Iterator<Item = BTreeMap<String, String>> {
        let namespaces = |state: &'a Self| state.namespaces().values().flatten();
        let own = self.namespaces().values().flatten();
        let all = own.chain(self.before.into_iter().flat_map(namespaces));
        all.map(|(_, namespace)| namespace.labels.iter().cloned().collect())
    }

    fn namespaces(&self) -> &HashMap<String, Vec<(RepoPath, inventory::Namespace)>> {
        self.namespaces.get_or_init(|| {
            let mut found: HashMap<String, Vec<(RepoPath, inventory::Namespace)>> = HashMap::new();
            // A tree that cannot be read has failed elsewhere.
            for located in self.inventory.namespaces().map(|gathered| gathered.found).unwrap_or_default() {
                found.entry(located.fact.name.clone()).or_default().push((located.path, located.fact));
            }
            found
        })
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of a Namespace whose file cannot be read again.
fn of_fact(fact: &inventory::Namespace) -> Value {
    let labels = fact.labels.iter().map(|(key, value)| (Value::from(key.as_str()), Value::from(value.as_str())));
    let labels = Value::from(labels.collect::<BTreeMap<_, _>>());
    let metadata = object_of([("name", Value::from(fact.name.as_str())), ("labels", labels)]);
    object_of([("apiVersion", Value::from("v1")), ("kind", Value::from("Namespace")), ("metadata", metadata)])
}
