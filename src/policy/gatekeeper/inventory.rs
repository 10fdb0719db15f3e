//! `data.inventory`: the objects that templates may look up.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::matching::text;
use super::template::Template;
use crate::policy::Value;
use crate::policy::engine::{EvalError, Program};
use crate::policy::review::object_of;

/// The inventory of one side: made when the first template reads it, and given to each template once.
pub struct Inventory<'a> {
    objects: Box<dyn Fn() -> Value + Send + Sync + 'a>,
    made: Arc<Made>,
}

/// What was made of an inventory.
#[derive(Debug, Default)]
pub struct Made {
    value: OnceLock<Value>,
    programs: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<OnceLock<Result<Program, EvalError>>>;

impl fmt::Debug for Inventory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inventory").field("made", &self.made).finish_non_exhaustive()
    }
}

impl<'a> Inventory<'a> {
    /// An inventory; `objects` gives the value of `data.inventory` ([`of`] makes it) when it is first asked for.
    #[must_use]
    pub fn new(objects: impl Fn() -> Value + Send + Sync + 'a) -> Self {
        Self::with(Arc::default(), objects)
    }

    /// An inventory of which something may be made already.
    #[must_use]
    pub fn with(made: Arc<Made>, objects: impl Fn() -> Value + Send + Sync + 'a) -> Self {
        Self { objects: Box::new(objects), made }
    }

    /// A template's program with the inventory.
    pub(super) fn program(&self, template: &Template, program: &Program) -> Result<Program, EvalError> {
        let slot = {
            let mut programs = self.made.programs.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(programs.entry(template.kind.clone()).or_default())
        };
        let made = slot.get_or_init(|| {
            let inventory = self.made.value.get_or_init(|| (self.objects)()).clone();
            program.with_data(&object_of([("inventory", inventory)]))
        });
        made.clone()
    }
}

/// The value of `data.inventory`: `namespace[ns][apiVersion][kind][name]` and `cluster[apiVersion][kind][name]`, each
/// with the whole object. An object without a namespace is a cluster's, as Gatekeeper has it.
#[must_use]
pub fn of(objects: impl IntoIterator<Item = Value>) -> Value {
    let placed = objects.into_iter().map(|object| {
        let namespace = text(&object, &["metadata", "namespace"]);
        let path = [text(&object, &["apiVersion"]), text(&object, &["kind"]), text(&object, &["metadata", "name"])];
        let mut path: Vec<String> = path.into_iter().map(str::to_owned).collect();
        if namespace.is_empty() {
            path.insert(0, "cluster".to_owned());
        } else {
            path.splice(..0, ["namespace".to_owned(), namespace.to_owned()]);
        }
        (path, object)
    });
    nested(placed)
}

/// Values at their paths in one document; of two at one path the later.
#[must_use]
pub fn nested(placed: impl IntoIterator<Item = (Vec<String>, Value)>) -> Value {
    let mut tree = Tree::default();
    for (path, value) in placed {
        tree.insert(&path, value);
    }
    tree.into_value()
}

/// Maps in maps, while they grow.
enum Tree {
    Branch(BTreeMap<String, Tree>),
    Leaf(Value),
}

impl Default for Tree {
    fn default() -> Self {
        Self::Branch(BTreeMap::new())
    }
}

impl Tree {
    fn insert(&mut self, path: &[String], object: Value) {
        match (self, path) {
            (Self::Branch(branches), [first, rest @ ..]) => {
                branches.entry(first.clone()).or_default().insert(rest, object);
            }
            (this, _) => *this = Self::Leaf(object),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Leaf(value) => value,
            Self::Branch(branches) => {
                let fields = branches.into_iter().map(|(key, tree)| (Value::from(key), tree.into_value()));
                Value::from(fields.collect::<BTreeMap<_, _>>())
            }
        }
    }
}
