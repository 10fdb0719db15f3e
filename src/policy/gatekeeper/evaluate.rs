//! A request, and what the constraints say of it.

use std::collections::BTreeSet;

use super::constraint::{Action, Constraint};
use super::expansion::{self, Resultant};
use super::fault::{self, Failure};
use super::inventory::Inventory;
use super::matching::{Namespace, Source, Target, text};
use super::webhook::About;
use super::{Answer, EnforcementPoint, GatekeeperResult, Library, mutation};
use crate::policy::Value;
use crate::policy::engine::Trouble;
use crate::policy::review::{Lies, Review, object_of};

/// An admission request on its way through Gatekeeper.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// `input.review`.
    pub(super) value: Value,
    pub(super) operation: String,
    /// Where it lies; empty for cluster-scoped objects.
    pub(super) namespace: String,
    pub(super) lies: Lies,
    pub(super) object: Option<Value>,
    pub(super) old_object: Option<Value>,
    pub(super) namespace_object: Option<Value>,
}

/// Who asks, and about what.
#[derive(Clone, Copy, Debug)]
struct Asking<'a> {
    point: EnforcementPoint,
    inventory: Option<&'a Inventory<'a>>,
    source: Source,
    only_original: bool,
}

impl Request {
    /// The request that the webhook gets for a review.
    fn of(review: &Review) -> Self {
        let mut request = Self {
            value: review.to_value(),
            operation: review.operation.clone(),
            namespace: review.namespace.clone().unwrap_or_default(),
            lies: review.lies,
            object: review.object.clone(),
            old_object: review.old_object.clone(),
            namespace_object: review.namespace_object.clone(),
        };
        request.copy_deleted();
        request
    }

    /// What goes is both: Gatekeeper copies it, so that rules need not look in two places.
    pub(super) fn copy_deleted(&mut self) {
        if self.operation == "DELETE" {
            self.set_object(self.old_object.clone());
        }
    }

    pub(super) fn set_object(&mut self, object: Option<Value>) {
        if let Ok(fields) = self.value.as_object_mut() {
            fields.insert(Value::from("object"), object.clone().unwrap_or(Value::Null));
        }
        self.object = object;
    }

    /// The request about an object that this one's makes.
    fn made(&self, resultant: &Resultant) -> Self {
        let object = resultant.object.clone();
        let api_version = text(&object, &["apiVersion"]);
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let kind = text(&object, &["kind"]);
        let gvk = [("group", Value::from(group)), ("version", Value::from(version)), ("kind", Value::from(kind))];
        // A controller creates Pods, whatever happens to the workload.
        let operation = if resultant.template.is_some() { self.operation.as_str() } else { "CREATE" };
        let mut value = self.value.clone();
        if let Ok(fields) = value.as_object_mut() {
            let mut set = |key: &str, value: Value| fields.insert(Value::from(key), value);
            set("kind", object_of(gvk));
            set("name", Value::from(text(&object, &["metadata", "name"])));
            set("operation", Value::from(operation));
            set("oldObject", Value::Null);
            fields.remove(&Value::from("resource"));
        }
        let mut made = Self { value, operation: operation.to_owned(), object: None, old_object: None, ..self.clone() };
        if operation == "DELETE" {
            if let Ok(fields) = made.value.as_object_mut() {
                fields.insert(Value::from("oldObject"), object.clone());
            }
            made.old_object = Some(object.clone());
        }
        made.set_object(Some(object));
        made
    }

    /// What is known of the Namespace. A webhook's Namespace always exists, only the repository may not have it.
    fn namespace(&self, point: EnforcementPoint) -> Namespace<'_> {
        match (&self.namespace_object, point) {
            (Some(object), _) => Namespace::Known(object),
            (None, _) if self.namespace.is_empty() => Namespace::None,
            (None, EnforcementPoint::Gator) => Namespace::Missing,
            (None, _) => Namespace::Named(&self.namespace),
        }
    }
}

impl Library {
    /// What Gatekeeper says of a request at an enforcement point. `operations` are those that its webhook is asked about, in
    /// the place of those that the repository's configuration of it names; it says nothing of others. Without an inventory,
    /// what reads it is not judged.
    #[must_use]
    pub fn evaluate(
        &self,
        review: &Review,
        point: EnforcementPoint,
        operations: Option<&[String]>,
        inventory: Option<&Inventory<'_>>,
    ) -> Vec<GatekeeperResult> {
        let about = About::of(review);
        let sees = |about: &About<'_>, operation: &str| {
            point != EnforcementPoint::Webhook
                || operation.is_empty()
                || self.settings.is_asked(about, operation, operations)
        };
        if point == EnforcementPoint::Webhook && about.namespace.is_some_and(|name| self.settings.excludes(name)) {
            return vec![];
        }
        let operation = review.operation.as_str();
        let mut request = Request::of(review);
        if let (Some(mut object), "CREATE" | "UPDATE") = (request.object.clone(), operation) {
            let namespace = request.namespace(point);
            let mutated = mutation::mutate(&self.mutators, &mut object, namespace, Source::Original, operation);
            if let Err(failure) = mutated {
                return vec![not_judged(*failure)];
            }
            request.set_object(Some(object));
        }
        let asking = Asking { point, inventory, source: Source::Original, only_original: false };
        let mut found = Vec::new();
        let mut made = Vec::new();
        if sees(&about, operation) {
            found = self.ask(&request, asking);
            match self.expand(&request, point) {
                Ok(resultants) => made = resultants,
                Err(failure) => found.push(not_judged(*failure)),
            }
            found.extend(made.iter().flat_map(|made| self.ask_of(&request, made, asking)));
        }
        // Whatever happens to a workload, its controller creates Pods.
        if operation != "DELETE" {
            let sees = |pod: &Value| sees(&about.pod(pod), "CREATE");
            found.extend(self.ask_of_pod(&request, &made, asking, &sees));
        }
        found
    }

    /// What `gator verify` says of a request: as it stands, and expanded if it is that of an object.
    pub(super) fn verify(&self, request: &Request, expands: bool, inventory: &Inventory<'_>) -> Vec<GatekeeperResult> {
        let point = EnforcementPoint::Gator;
        let asking = Asking { point, inventory: Some(inventory), source: Source::Original, only_original: false };
        let mut found = self.ask(request, asking);
        if expands {
            match self.expand(request, point) {
                Ok(made) => found.extend(made.iter().flat_map(|made| self.ask_of(request, made, asking))),
                Err(failure) => found.push(not_judged(*failure)),
            }
        }
        found
    }

    /// What ExpansionTemplates make of an object.
    fn expand(&self, request: &Request, point: EnforcementPoint) -> Result<Vec<Resultant>, Box<Failure>> {
        let Some(object) = request.object.as_ref().filter(|_| !self.expansions.is_empty()) else { return Ok(vec![]) };
        let namespace = request.namespace(point);
        let finish = |made: &mut Value| mutation::mutate(&self.mutators, made, namespace, Source::Generated, "");
        expansion::expand(&self.expansions, object, known_name(request), &finish)
    }

    /// Constraints about the Pod of a workload, if the webhook sees that. Of a Pod that an ExpansionTemplate made as well, only those that look for
    /// originals are left to ask.
    fn ask_of_pod(
        &self,
        request: &Request,
        made: &[Resultant],
        asking: Asking<'_>,
        sees: &dyn Fn(&Value) -> bool,
    ) -> Vec<GatekeeperResult> {
        let pod = request.object.as_ref().and_then(|object| expansion::pod(object, known_name(request)));
        let Some(mut pod) = pod else { return vec![] };
        let namespace = request.namespace(asking.point);
        let mutated = mutation::mutate(&self.mutators, &mut pod.object, namespace, Source::Original, "CREATE");
        if let Err(failure) = mutated {
            return vec![not_judged(*failure)];
        }
        if !sees(&pod.object) {
            return vec![];
        }
        let is_pod = |made: &Resultant| made.prefix == pod.prefix && text(&made.object, &["kind"]) == "Pod";
        self.ask_of(request, &pod, Asking { only_original: made.iter().any(is_pod), ..asking })
    }

    fn ask_of(&self, request: &Request, made: &Resultant, asking: Asking<'_>) -> Vec<GatekeeperResult> {
        let mut found = self.ask(&request.made(made), Asking { source: made.source, ..asking });
        for result in &mut found {
            result.expanded_from = Some(made.prefix.clone());
            result.action = made.action.unwrap_or(result.action);
            if let (Some(template), Answer::Violation { message, .. }) = (&made.template, &mut result.answer) {
                *message = format!("[Implied by {template}] {message}");
            }
        }
        found
    }

    fn ask(&self, request: &Request, asking: Asking<'_>) -> Vec<GatekeeperResult> {
        let objects = [&request.object, &request.old_object];
        let targets: Vec<Target<'_>> = objects
            .into_iter()
            .flatten()
            .map(|object| {
                let mut target = Target::of(object, request.namespace(asking.point), asking.source);
                // The webhook looks at the Namespace; `gator` only has what the object says.
                if target.namespace.is_empty() && asking.point != EnforcementPoint::Gator {
                    target.namespace = &request.namespace;
                }
                target.lies = request.lies;
                target
            })
            .collect();
        let mut found = Vec::new();
        for constraint in self.constraints.values() {
            let Some(action) = constraint.action(asking.point) else { continue };
            let operations = &constraint.template.operations;
            let is_asked = operations.is_empty() || operations.iter().any(|o| *o == request.operation || o == "*");
            if asking.point == EnforcementPoint::Webhook && !request.operation.is_empty() && !is_asked {
                continue;
            }
            if asking.only_original && !constraint.matches.is_only_original() {
                continue;
            }
            let answers = match first_match(constraint, &targets) {
                Ok(false) => continue,
                Ok(true) => constraint.ask(request, asking.inventory),
                Err(why) if asking.point == EnforcementPoint::Gator => vec![violation(&why, Value::Null)],
                Err(why) => vec![Answer::NotJudged(why)],
            };
            found.extend(answers.into_iter().map(|answer| constraint.result(action, answer)));
        }
        found
    }
}

/// Any of the two objects suffices.
fn first_match(constraint: &Constraint, targets: &[Target<'_>]) -> Result<bool, String> {
    for target in targets {
        match constraint.matches.matches(target) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(error) => {
                let why = match target.namespace_object {
                    Namespace::Missing => {
                        format!(
                            "unable to match constraints: error matching the requested object: {} :{error}",
                            target.name
                        )
                    }
                    _ => format!(
                        "its namespaceSelector asks for labels of the Namespace {}, which is not in the repository",
                        target.namespace
                    ),
                };
                return Err(why);
            }
        }
    }
    Ok(false)
}

/// The Namespace's name that results of an expansion get; none: their maker's own.
fn known_name(request: &Request) -> Option<&str> {
    (!request.namespace.is_empty()).then_some(request.namespace.as_str())
}

fn not_judged(failure: Failure) -> GatekeeperResult {
    let Failure { kind, name, place, why } = failure;
    GatekeeperResult { kind, name, place, action: Action::Deny, answer: Answer::NotJudged(why), expanded_from: None }
}

fn violation(message: &str, details: Value) -> Answer {
    Answer::Violation { message: message.to_owned(), details }
}

impl Constraint {
    fn result(&self, action: Action, answer: Answer) -> GatekeeperResult {
        GatekeeperResult {
            kind: self.template.kind.clone(),
            name: self.name.clone(),
            place: fault::line(&self.object),
            action,
            answer,
            expanded_from: None,
        }
    }

    /// The template's answers. An evaluation that fails is a violation, as in Gatekeeper: the object is not taken.
    fn ask(&self, request: &Request, inventory: Option<&Inventory<'_>>) -> Vec<Answer> {
        if let Some(why) = self.template.not_judged() {
            return vec![Answer::NotJudged(why.to_owned())];
        }
        let program = match self.template.program() {
            Ok(program) => program,
            Err(faults) => {
                let fault = faults.first().map(ToString::to_string).unwrap_or_default();
                return vec![Answer::NotJudged(format!("its Rego cannot be used: {fault}"))];
            }
        };
        let input = object_of([("review", request.value.clone()), ("parameters", self.parameters.clone())]);
        let answer = match (!self.template.inventory.is_nothing(), inventory) {
            (false, _) => program.evaluate(self.template.rule(), &input),
            (true, Some(inventory)) => inventory
                .program(&self.template, program)
                .and_then(|program| program.evaluate(self.template.rule(), &input)),
            (true, None) => {
                return vec![Answer::NotJudged("it reads data.inventory, and no other objects are known".to_owned())];
            }
        };
        match answer {
            Ok(answer) => violations(answer.as_ref()),
            // Our own limits, and functions that only OPA has, say nothing of what the cluster would answer.
            Err(error) if matches!(error.trouble, Trouble::Time | Trouble::Memory | Trouble::Builtin) => {
                vec![Answer::NotJudged(error.message)]
            }
            Err(error) => vec![violation(&error.message, Value::new_object())],
        }
    }
}

/// The members of `violation` that have a message. Others are none to Gatekeeper; equal ones are one.
fn violations(answer: Option<&Value>) -> Vec<Answer> {
    let members: Vec<&Value> = match answer {
        Some(Value::Set(set)) => set.iter_sorted().collect(),
        // Of an object the keys are the members.
        Some(Value::Object(object)) => object.keys_sorted().collect(),
        _ => vec![],
    };
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for member in members {
        let Ok(fields) = member.as_object() else { continue };
        let Some(message) = fields.get(&Value::from("msg")) else { continue };
        let details = fields.get(&Value::from("details")).cloned().unwrap_or_else(Value::new_object);
        if !seen.insert((message.clone(), details.clone())) {
            continue;
        }
        found.push(match message.as_string() {
            Ok(message) => violation(message, details),
            Err(_) => Answer::NotJudged(format!("its message is no text: {message}")),
        });
    }
    found
}
