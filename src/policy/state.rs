//! What policies may know of one side beside the object: its Namespaces, and all of its objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::Value;

use super::engine::Program;
use super::gatekeeper;
use super::review::object_of;
use super::set::Policy;
use crate::inventory::{self, Inventory};
use crate::source::RepoPath;

/// Makes the document of all objects of a side.
pub type Gather<'a> = dyn Fn() -> Value + Send + Sync + 'a;

/// A program that is filled once, by whoever comes first.
type Slot = Arc<OnceLock<Result<Program, String>>>;

/// One side.
pub struct State<'a> {
    inventory: &'a Inventory<'a>,
    /// The side before it, when this is the head.
    before: Option<&'a State<'a>>,
    /// Makes `data.inventory_base`; `own` makes `data.inventory`, once.
    base: &'a Gather<'a>,
    own: Arc<dyn Fn() -> Value + Send + Sync + 'a>,
    change: Value,
    documents: OnceLock<Value>,
    /// The same for each of Gatekeeper's libraries.
    gatekeeper: Vec<gatekeeper::inventory::Inventory<'a>>,
    namespaces: OnceLock<HashMap<String, Vec<(RepoPath, Value)>>>,
    /// By the address of their group.
    programs: Mutex<HashMap<usize, Slot>>,
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
        [own, base]: [&'a Gather<'a>; 2],
        change: Value,
        libraries: usize,
    ) -> Self {
        let gathered = OnceLock::new();
        let own: Arc<dyn Fn() -> Value + Send + Sync + 'a> = Arc::new(move || gathered.get_or_init(own).clone());
        let gatekeeper = std::iter::repeat_with(|| {
            let own = Arc::clone(&own);
            gatekeeper::inventory::Inventory::new(move || own())
        });
        Self {
            inventory,
            before,
            base,
            change,
            gatekeeper: gatekeeper.take(libraries).collect(),
            own,
            documents: OnceLock::new(),
            namespaces: OnceLock::new(),
            programs: Mutex::default(),
        }
    }

    /// `input.change`: what is compared.
    #[must_use]
    pub fn change(&self) -> &Value {
        &self.change
    }

    /// A policy with the documents that it reads.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn program(&self, policy: &Policy) -> Result<Program, String> {
        let compiled = policy
            .group()
            .program()
            .map_err(|faults| faults.first().map_or_else(|| "it cannot be compiled".to_owned(), ToString::to_string))?;
        if policy.inventory.is_nothing() {
            return Ok(compiled.clone());
        }
        let slot = {
            let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(programs.entry(Arc::as_ptr(policy.group()) as usize).or_default())
        };
        let with_data =
            || compiled.with_data(&policy.group().with(self.documents())).map_err(|error| error.to_string());
        slot.get_or_init(with_data).clone()
    }

    fn documents(&self) -> &Value {
        self.documents.get_or_init(|| {
            let base = if self.before.is_some() { (self.base)() } else { (self.own)() };
            object_of([("inventory", (self.own)()), ("inventory_base", base)])
        })
    }

    /// All objects, for one of Gatekeeper's libraries.
    #[must_use]
    pub fn gatekeeper(&self, library: usize) -> Option<&gatekeeper::inventory::Inventory<'a>> {
        self.gatekeeper.get(library)
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
        let labels = |state: &Self| {
            let namespace = state.namespace(name, near)?;
            let text = |value: &Value| value.as_string().map(ToString::to_string).unwrap_or_default();
            let labels = namespace["metadata"]["labels"].as_object().ok()?;
            Some(labels.iter().map(|(key, value)| (text(key), text(value))).collect())
        };
        [Some(self), self.before].into_iter().flatten().filter_map(labels).collect()
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

fn namespace(fact: &inventory::Namespace) -> Value {
    let labels = fact.labels.iter().map(|(key, value)| (Value::from(key.as_str()), Value::from(value.as_str())));
    let labels = Value::from(labels.collect::<BTreeMap<_, _>>());
    let metadata = object_of([("name", Value::from(fact.name.as_str())), ("labels", labels)]);
    object_of([("apiVersion", Value::from("v1")), ("kind", Value::from("Namespace")), ("metadata", metadata)])
}
