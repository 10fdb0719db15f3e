//! What policies may know of one side beside the object: its Namespaces, and all of its objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::Value;

use super::engine::Program;
use super::gatekeeper::inventory::{Inventory as Objects, Made, nested};
use super::review::object_of;
use super::set::Policy;
use crate::config::Config;
use crate::inventory::{self, Inventory};
use crate::source::RepoPath;

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
    /// The clusters that its file is for; none when no cluster claims it.
    pub clusters: Arc<[String]>,
    /// `namespace/NAMESPACE` or `cluster`, group and version, kind, name.
    pub path: Vec<String>,
    /// The object.
    pub value: Value,
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
        let is_in = |placed: &&Placed| match scope {
            Some(cluster) => placed.clusters.is_empty() || placed.clusters.iter().any(|name| name == cluster),
            None => placed.clusters.is_empty() || !self.has_clusters,
        };
        let objects = &self.documents.get_or_init(self.gather).objects;
        nested(objects.iter().filter(is_in).map(|placed| (placed.path.clone(), placed.value.clone())))
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
    namespaces: OnceLock<HashMap<String, Vec<(RepoPath, Value)>>>,
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
            programs: Mutex::default(),
        }
    }

    /// `input.change`: what is compared.
    #[must_use]
    pub fn change(&self) -> &Value {
        &self.change
    }

    /// A policy with the documents that it reads, those of a cluster.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn program(&self, policy: &Policy, scope: Option<&str>) -> Result<Program, String> {
        let compiled = policy
            .group()
            .program()
            .map_err(|faults| faults.first().map_or_else(|| "it cannot be compiled".to_owned(), ToString::to_string))?;
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

    /// Where some policy read the objects of this side: the files that could not be read, and why.
    #[must_use]
    pub fn unread(&self) -> &[(RepoPath, String)] {
        self.gathered.documents.get().map_or(&[], |documents| &documents.unread)
    }

    /// The Namespace of a name: of several, the one whose file lies nearest.
    #[must_use]
    pub fn namespace(&self, name: &str, near: &RepoPath) -> Option<Value> {
        let nearness = |path: &RepoPath| {
            let pairs = path.folder().split('/').zip(near.folder().split('/'));
            pairs.take_while(|(a, b)| a == b).count()
        };
        let found = self.namespaces().get(name)?.iter().rev();
        found.max_by_key(|(path, _)| nearness(path)).map(|(_, namespace)| namespace.clone())
    }

    /// The labels of a Namespace on this side, and on the one before it.
    #[must_use]
    pub fn labels(&self, name: &str, near: &RepoPath) -> Vec<BTreeMap<String, String>> {
        let labels = |state: &Self| labels_of(&state.namespace(name, near)?);
        [Some(self), self.before].into_iter().flatten().filter_map(labels).collect()
    }

    /// The labels of every Namespace on this side, and on the one before it.
    pub fn all_labels(&self) -> impl Iterator<Item = BTreeMap<String, String>> {
        let namespaces = |state: &'a Self| state.namespaces().values().flatten();
        let own = self.namespaces().values().flatten();
        own.chain(self.before.into_iter().flat_map(namespaces)).filter_map(|(_, namespace)| labels_of(namespace))
    }

    fn namespaces(&self) -> &HashMap<String, Vec<(RepoPath, Value)>> {
        self.namespaces.get_or_init(|| {
            let mut found: HashMap<String, Vec<(RepoPath, Value)>> = HashMap::new();
            // A tree that cannot be read has failed elsewhere.
            for located in self.inventory.namespaces().map(|gathered| gathered.found).unwrap_or_default() {
                let value = namespace(&located.fact);
                found.entry(located.fact.name).or_default().push((located.path, value));
            }
            found
        })
    }
}

fn labels_of(namespace: &Value) -> Option<BTreeMap<String, String>> {
    let text = |value: &Value| value.as_string().map(ToString::to_string).unwrap_or_default();
    let labels = namespace["metadata"]["labels"].as_object().ok()?;
    Some(labels.iter().map(|(key, value)| (text(key), text(value))).collect())
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn namespace(fact: &inventory::Namespace) -> Value {
    let labels = fact.labels.iter().map(|(key, value)| (Value::from(key.as_str()), Value::from(value.as_str())));
    let labels = Value::from(labels.collect::<BTreeMap<_, _>>());
    let metadata = object_of([("name", Value::from(fact.name.as_str())), ("labels", labels)]);
    object_of([("apiVersion", Value::from("v1")), ("kind", Value::from("Namespace")), ("metadata", metadata)])
}
