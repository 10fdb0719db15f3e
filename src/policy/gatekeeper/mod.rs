//! Gatekeeper: ConstraintTemplates, constraints and what belongs to them, with the verdicts of its webhook.
//!
//! A [`Library`] is made of a repository's objects. It judges a [`Review`](super::review::Review) as the webhook would:
//! mutators first (`mutation`), then the constraints that match (`matching`, `selector`), each by the Rego of its
//! `template`; and the same for what the object makes (`expansion`). `schema` is the CustomResourceDefinition that a
//! template stands for, by which a `constraint` is judged and its parameters get their defaults. `settings` are
//! Gatekeeper's own. `suite` runs tests of templates, as `gator verify` does.
//!
//! Every mistake in these objects is a [`Fault`] at its line. Lines of Rego are those of the YAML file that holds it.

pub mod check;
pub mod constraint;
mod evaluate;
pub mod expansion;
mod fault;
pub mod inventory;
pub mod libraries;
pub mod matching;
pub mod mutation;
mod rego;
mod schema;
pub mod selector;
mod settings;
pub mod suite;
pub mod template;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use self::constraint::{Action, Constraint};
use self::expansion::ExpansionTemplate;
use self::mutation::Mutator;
use self::settings::Settings;
use self::template::Template;
use super::engine::Fault;
use super::{Value, reads, value};
use crate::manifest::object::{Object, group_of, objects_of};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect};

/// What the webhook is asked about unless something says otherwise (the default of Gatekeeper's Helm chart).
pub const OPERATIONS: [&str; 2] = ["CREATE", "UPDATE"];

/// So many constants are tried in the place of a value that is not known: each is a request to all constraints.
const CONSTANTS: usize = 48;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnforcementPoint {
    /// The admission webhook.
    Webhook,
    /// Tests of templates, and `gator`.
    Gator,
}

impl EnforcementPoint {
    /// The names that a constraint may write.
    pub const NAMES: [&str; 4] =
        ["validation.gatekeeper.sh", "audit.gatekeeper.sh", "gator.gatekeeper.sh", "vap.k8s.io"];

    /// The name that a constraint writes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "validation.gatekeeper.sh",
            Self::Gator => "gator.gatekeeper.sh",
        }
    }
}

/// What a constraint says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatekeeperResult {
    /// The constraint's kind; that of a mutator or an ExpansionTemplate where one failed before.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where it is written: the file and the line.
    pub place: (RepoPath, u32),
    /// What a violation does.
    pub action: Action,
    /// What it says.
    pub answer: Answer,
    /// For what the object makes: where its text lies in the object, as a JSON pointer (`/spec/template`).
    pub expanded_from: Option<String>,
}

/// A violation, or none, because nobody could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The object violates the constraint.
    Violation {
        /// What is wrong, in the template's words.
        message: String,
        /// What else it says; an empty object when it says nothing.
        details: Value,
    },
    /// The constraint could not be asked, and why.
    NotJudged(String),
}

/// Templates, constraints, expansions and mutators.
#[derive(Debug, Default)]
pub struct Library {
    templates: BTreeMap<String, Arc<Template>>,
    /// By kind and name.
    constraints: BTreeMap<(String, String), Constraint>,
    expansions: Vec<ExpansionTemplate>,
    mutators: Vec<Mutator>,
    settings: Settings,
    constants: OnceLock<Vec<Value>>,
}

/// The objects of a file that are Gatekeeper's, and what cannot be read of it.
#[must_use]
pub fn read(path: RepoPath, bytes: &[u8]) -> (Vec<Object>, Vec<Fault>) {
    let stream = yaml::read(path, Side::Head, bytes, Dialect::Kubectl);
    let faults = stream.problems.iter().filter(|problem| problem.fatal).map(|problem| {
        let position = stream.source.position(problem.span.start);
        Fault {
            code: "yaml",
            message: problem.message.clone(),
            path: Arc::from(stream.source.path.to_string()),
            line: position.line,
            column: position.column,
            help: None,
        }
    });
    let faults = faults.collect();
    let documents = stream.documents.into_iter().map(Arc::new);
    let objects = documents.flat_map(|document| objects_of(&document, crate::manifest::unknown::Unknown::default()));
    (objects.filter(|object| is_part(group_of(&object.api_version), &object.key.kind)).collect(), faults)
}

/// Whether objects of a kind belong in a [`Library`].
#[must_use]
pub fn is_part(group: &str, kind: &str) -> bool {
    match group {
        "templates.gatekeeper.sh" => kind == "ConstraintTemplate",
        schema::CONSTRAINTS => true,
        "expansion.gatekeeper.sh" => kind == "ExpansionTemplate",
        "mutations.gatekeeper.sh" => Mutator::is_kind(kind),
        "config.gatekeeper.sh" => kind == "Config",
        "syncset.gatekeeper.sh" => kind == "SyncSet",
        "admissionregistration.k8s.io" => kind == "ValidatingWebhookConfiguration",
        _ => false,
    }
}

impl Library {
    /// Read objects; those that are none of Gatekeeper's are left out. What has a mistake is not in the library, so a
    /// library with faults judges less than the cluster. Rego is compiled when it is first needed; [`Library::compile`]
    /// does it at once.
    #[must_use]
    pub fn load<'o>(objects: impl IntoIterator<Item = &'o Object>) -> (Self, Vec<Fault>) {
        let mut library = Self::default();
        let mut faults = Vec::new();
        let parts = objects.into_iter().filter(|object| is_part(group_of(&object.api_version), &object.key.kind));
        let (constraints, others): (Vec<&Object>, Vec<&Object>) =
            parts.partition(|object| group_of(&object.api_version) == schema::CONSTRAINTS);
        let (templates, others): (Vec<&Object>, Vec<&Object>) =
            others.into_iter().partition(|object| object.key.kind == "ConstraintTemplate");
        let read: Vec<_> = templates.into_par_iter().map(|object| (object, Template::read(object))).collect();
        for (object, template) in read {
            let added = template.and_then(|template| library.template(object, template));
            faults.extend(added.err().into_iter().flatten());
        }
        for object in others {
            faults.extend(library.add(object).err().into_iter().flatten());
        }
        let read: Vec<_> = constraints.into_par_iter().map(|object| (object, library.constraint(object))).collect();
        for (object, constraint) in read {
            let added = constraint.and_then(|constraint| library.constrain(object, constraint));
            faults.extend(added.err().into_iter().flatten());
        }
        library.mutators.sort_by(|a, b| a.order().cmp(&b.order()));
        library.expansions.sort_by(|a, b| a.name.cmp(&b.name));
        (library, faults)
    }

    fn template(&mut self, object: &Object, template: Template) -> Result<(), Vec<Fault>> {
        if let Some(other) = self.templates.get(&template.kind) {
            let message = format!("{} has a template of {} as well", fault::place(&other.object), template.kind);
            return Err(vec![fault::at(object, "/metadata/name", template::INVALID, message, "remove one")]);
        }
        self.templates.insert(template.kind.clone(), Arc::new(template));
        Ok(())
    }

    fn add(&mut self, object: &Object) -> Result<(), Vec<Fault>> {
        match object.key.kind.as_str() {
            "ExpansionTemplate" => self.expansions.push(ExpansionTemplate::read(object)?),
            "Config" => self.settings.config(object)?,
            "SyncSet" => self.settings.sync_set(object),
            "ValidatingWebhookConfiguration" => self.settings.webhook(object)?,
            _ => self.mutators.push(Mutator::read(object)?),
        }
        Ok(())
    }

    fn constraint(&self, object: &Object) -> Result<Constraint, Vec<Fault>> {
        let kind = &object.key.kind;
        let Some(template) = self.templates.get(kind) else {
            let near = self.templates.keys().min_by_key(|known| strsim::levenshtein(known, kind));
            let near = near.filter(|known| strsim::normalized_levenshtein(known, kind) > 0.7);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add its ConstraintTemplate to the policies".to_owned(),
            };
            let message = format!("there is no ConstraintTemplate for {kind}");
            return Err(vec![fault::at(object, "/kind", constraint::INVALID, message, &help)]);
        };
        Constraint::read(object, template)
    }

    fn constrain(&mut self, object: &Object, constraint: Constraint) -> Result<(), Vec<Fault>> {
        let key = (object.key.kind.clone(), constraint.name.clone());
        if let Some(other) = self.constraints.get(&key) {
            let message = format!("{} has the same constraint", fault::place(&other.object));
            return Err(vec![fault::at(
                object,
                "/metadata/name",
                constraint::INVALID,
                message,
                "give it another name",
            )]);
        }
        self.constraints.insert(key, constraint);
        Ok(())
    }

    /// Compile the Rego of all templates now. What is wrong with it, by template.
    #[must_use]
    pub fn compile(&self) -> Vec<Fault> {
        let judged: Vec<_> = self.templates.values().filter(|template| template.not_judged().is_none()).collect();
        judged.par_iter().filter_map(|template| template.program().err()).flatten().cloned().collect()
    }

    /// A constraint's template reads the inventory.
    #[must_use]
    pub fn reads_inventory(&self) -> bool {
        self.constraints.values().any(|constraint| !constraint.template.inventory.is_nothing())
    }

    /// The constraints whose templates may read objects of some kinds.
    #[must_use]
    pub fn readers_of(&self, kinds: &BTreeSet<String>) -> Vec<&Constraint> {
        self.constraints.values().filter(|constraint| constraint.template.inventory.may_see(kinds)).collect()
    }

    /// The template of a kind reads the inventory.
    #[must_use]
    pub fn reads_inventory_by(&self, kind: &str) -> bool {
        self.templates.get(kind).is_some_and(|template| !template.inventory.is_nothing())
    }

    /// Whether objects of a kind are in the cluster's inventory: all are, unless a Config or a SyncSet names some.
    #[must_use]
    pub fn syncs(&self, group: &str, version: &str, kind: &str) -> bool {
        self.settings.syncs(group, version, kind)
    }

    /// What the constraints' parameters and templates may compare a value with, those of parameters first: each is tried in
    /// the place of one that is not known.
    #[must_use]
    pub fn constants(&self) -> &[Value] {
        self.constants.get_or_init(|| {
            let mut all: Vec<Value> = vec![Value::from(true), Value::from(false)];
            for constraint in self.constraints.values() {
                let matches = constraint.object.value().path(&["spec", "match"]).map(value::whole);
                all.extend(matches.iter().chain([&constraint.parameters]).flat_map(reads::constants_of));
            }
            let templates = self.templates.values().flat_map(|template| reads::constants(template.parsed()));
            all.extend(templates.collect::<BTreeSet<_>>());
            let mut seen = BTreeSet::new();
            all.retain(|value| seen.insert(value.clone()));
            all.truncate(CONSTANTS);
            all
        })
    }

    /// The constraints, by kind and name.
    pub fn constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.constraints.values()
    }

    /// The templates, by kind.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.values().map(Arc::as_ref)
    }
}
