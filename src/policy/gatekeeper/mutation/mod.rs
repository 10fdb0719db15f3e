//! Mutators: Assign, AssignMetadata, ModifySet and AssignImage, which Gatekeeper applies to an object before it asks
//! constraints about it.

mod image;
mod path;
mod walk;

use self::path::Step;
use self::walk::{Setter, Tests, Walk};
use super::fault::{self, Failure};
use super::matching::{Match, Namespace, Source, Target, text};
use crate::manifest::object::{Object, group_of};
use crate::policy::engine::Fault;
use crate::policy::{Value, value};
use crate::yaml;

/// The code of a fault.
const INVALID: &str = "gatekeeper_mutator";

/// A mutator.
#[derive(Clone, Debug)]
pub struct Mutator {
    /// Its object.
    pub object: Object,
    matches: Match,
    /// Which kinds; none for AssignMetadata, which takes any.
    apply_to: Option<Vec<ApplyTo>>,
    steps: Vec<Step>,
    tests: Tests,
    change: Change,
}

/// Kinds by their groups and versions, without wildcards.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub(super) struct ApplyTo {
    groups: Vec<String>,
    versions: Vec<String>,
    kinds: Vec<String>,
    operations: Vec<String>,
}

/// What happens at the end of the location.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Assign(Value),
    /// The object's name or namespace.
    FromMetadata(String),
    Merge(Vec<Value>),
    Prune(Vec<Value>),
    Image {
        domain: String,
        path: String,
        tag: String,
    },
    External,
}

impl ApplyTo {
    /// Whether it names the kind of an object.
    pub(super) fn holds(&self, object: &Value) -> bool {
        let api_version = text(object, &["apiVersion"]);
        self.holds_kind(
            group_of(api_version),
            api_version.rsplit('/').next().unwrap_or_default(),
            text(object, &["kind"]),
        )
    }

    /// Whether it names a kind.
    pub(super) fn holds_kind(&self, group: &str, version: &str, kind: &str) -> bool {
        let has = |texts: &[String], text: &str| texts.iter().any(|t| t == text);
        has(&self.groups, group) && has(&self.versions, version) && has(&self.kinds, kind)
    }

    /// Expansions say no operation, so that a mutator of only one of them is not applied.
    fn holds_operation(&self, operation: &str) -> bool {
        let has = |wanted: &str| self.operations.is_empty() || self.operations.iter().any(|o| o == "*" || o == wanted);
        match operation {
            "" => has("CREATE") && has("UPDATE"),
            "CREATE" | "UPDATE" => has(operation),
            _ => false,
        }
    }
}

/// Apply mutators, in their order and again until nothing changes. `operation` is empty for what an expansion made.
pub(super) fn mutate(
    mutators: &[Mutator],
    object: &mut Value,
    namespace: Namespace<'_>,
    source: Source,
    operation: &str,
) -> Result<(), Box<Failure>> {
    if mutators.is_empty() {
        return Ok(());
    }
    let mut last = None;
    for _ in 0..=mutators.len() {
        let before = object.clone();
        for mutator in mutators {
            let at = object.clone();
            mutator.apply(object, namespace, source, operation)?;
            if at != *object {
                last = Some(mutator);
            }
        }
        if before == *object {
            return Ok(());
        }
    }
    let why = "mutation not converging: mutators undo each other's work";
    last.map_or(Ok(()), |mutator| Err(Failure::of(&mutator.object, why)))
}

impl Mutator {
    /// Whether a kind of the mutations group is read here.
    #[must_use]
    pub fn is_kind(kind: &str) -> bool {
        ["Assign", "AssignMetadata", "ModifySet", "AssignImage"].contains(&kind)
    }

    /// What mutators are ordered by: kind and name.
    pub(super) fn order(&self) -> (&str, &str) {
        (&self.object.key.kind, &self.object.key.name)
    }

    /// Read a mutator.
    pub(super) fn read(object: &Object) -> Result<Self, Vec<Fault>> {
        let spec = object.value().get("spec");
        let get = |path: &[&str]| spec.and_then(|spec| spec.path(path)).filter(|value| !value.is_null());
        let refuse = |at: &str, message: String| vec![fault::at(object, &format!("/spec{at}"), INVALID, message, "")];
        let kind = object.key.kind.as_str();
        let location = get(&["location"]).and_then(yaml::Value::as_str).unwrap_or_default();
        let steps =
            path::parse(location).map_err(|why| refuse("/location", format!("the location cannot be read: {why}")))?;
        check_location(kind, &steps).map_err(|why| refuse("/location", why))?;
        let matches: Match = get(&["match"])
            .map_or_else(|| Ok(Match::default()), |m| serde_json::from_value(m.to_json()))
            .map_err(|error| refuse("/match", format!("the match cannot be read: {error}")))?;
        if let Some((at, why)) = matches.mistakes().into_iter().next() {
            return Err(refuse(&format!("/match{at}"), why));
        }
        let apply_to = if kind == "AssignMetadata" {
            None
        } else {
            Some(read_apply_to(object, "/spec/applyTo").map_err(|fault| vec![*fault])?)
        };
        let change = change(kind, &get, &steps).map_err(|(at, why)| refuse(at, why))?;
        let tests = if kind == "AssignMetadata" {
            // A label that is there is never changed.
            Tests(vec![(steps.len().saturating_sub(1), false)])
        } else {
            let items = get(&["parameters", "pathTests"]).into_iter().flat_map(yaml::Value::items);
            Tests(
                items
                    .map(|test| read_test(test, &steps))
                    .collect::<Result<_, _>>()
                    .map_err(|why| refuse("/parameters/pathTests", why))?,
            )
        };
        Ok(Self { object: object.clone(), matches, apply_to, steps, tests, change })
    }

    fn apply(
        &self,
        object: &mut Value,
        namespace: Namespace<'_>,
        source: Source,
        operation: &str,
    ) -> Result<(), Box<Failure>> {
        let takes = |apply: &ApplyTo| apply.holds(object) && apply.holds_operation(operation);
        if self.apply_to.as_ref().is_some_and(|all| !all.iter().any(takes)) {
            return Ok(());
        }
        let failed = |why: String| Failure::of(&self.object, why);
        let target = Target::of(object, namespace, source);
        if !self.matches.matches(&target).map_err(|error| failed(error.to_string()))? {
            return Ok(());
        }
        let assigned = match &self.change {
            Change::FromMetadata(field) => Change::Assign(Value::from(text(object, &["metadata", field]))),
            change => change.clone(),
        };
        let walk = Walk { steps: &self.steps, tests: &self.tests, setter: &assigned };
        walk.apply(object).map(drop).map_err(failed)
    }
}

impl Setter for Change {
    fn set(&self, old: Option<&Value>) -> Result<Option<Value>, String> {
        let list = || match old {
            None => Ok(None),
            Some(old) => old
                .as_array()
                .map(|list| Some(list.to_vec()))
                .map_err(|_| "not a list of values, cannot treat it as a set"),
        };
        Ok(match self {
            Self::Assign(value) => Some(value.clone()),
            Self::FromMetadata(_) => None,
            Self::Merge(values) => {
                let mut all = list()?.unwrap_or_default();
                for value in values {
                    if old.is_none() || !all.contains(value) {
                        all.push(value.clone());
                    }
                }
                Some(Value::from(all))
            }
            Self::Prune(values) => {
                list()?.map(|all| Value::from(all.into_iter().filter(|v| !values.contains(v)).collect::<Vec<_>>()))
            }
            Self::Image { domain, path, tag } => {
                let old = match old {
                    None => "",
                    Some(old) => {
                        old.as_string().map_err(|_| "expected value at AssignImage location to be a string")?
                    }
                };
                Some(Value::from(image::assign(old, domain, path, tag)))
            }
            Self::External => return Err("its value comes from a provider of external data in the cluster".to_owned()),
        })
    }

    fn item(&self) -> Result<Value, String> {
        match self {
            Self::Assign(value) if value.as_object().is_ok() => Ok(value.clone()),
            Self::Assign(_) => Err("assign.value for keyed list is not an object".to_owned()),
            _ => Err("mutator does not understand keyed lists".to_owned()),
        }
    }
}

/// The kinds of `applyTo`, of a mutator or an ExpansionTemplate.
pub(super) fn read_apply_to(object: &Object, at: &str) -> Result<Vec<ApplyTo>, Box<Fault>> {
    let found = yaml::pointer::find(object.value(), at);
    let refuse =
        |message: String| Box::new(fault::at(object, at, INVALID, message, "name `groups`, `versions` and `kinds`"));
    if !found.exact || found.value.items().len() == 0 {
        return Err(refuse("`applyTo` names no kinds".to_owned()));
    }
    let all: Vec<ApplyTo> = serde_json::from_value(found.value.to_json())
        .map_err(|error| refuse(format!("`applyTo` cannot be read: {error}")))?;
    if all.iter().any(|a| a.groups.is_empty() || a.versions.is_empty() || a.kinds.is_empty()) {
        return Err(refuse("all of groups, versions and kinds must be named".to_owned()));
    }
    Ok(all)
}

fn check_location(kind: &str, steps: &[Step]) -> Result<(), String> {
    let field = |index: usize| match steps.get(index) {
        Some(Step::Field(field)) => field.as_str(),
        _ => "",
    };
    let is_last_item = matches!(steps.last(), Some(Step::Item { .. }));
    if steps.is_empty() {
        return Err("the mutator has no location".to_owned());
    }
    if kind == "AssignMetadata" {
        let is_label = field(0) == "metadata" && ["labels", "annotations"].contains(&field(1));
        let is_whole = steps.len() == 3 && is_label && !field(2).is_empty();
        return if is_whole {
            Ok(())
        } else {
            Err("AssignMetadata sets one of metadata.labels or metadata.annotations".to_owned())
        };
    }
    if field(0) == "metadata" {
        return Err(format!("{kind} cannot change metadata; AssignMetadata can"));
    }
    if is_last_item && kind != "Assign" {
        return Err(format!("the location of {kind} cannot end in a list's item"));
    }
    if let [.., Step::Item { key, .. }, Step::Field(last)] = steps
        && key == last
    {
        return Err("the key of a list's item cannot be changed".to_owned());
    }
    Ok(())
}

fn read_test(test: yaml::Value<'_>, steps: &[Step]) -> Result<(usize, bool), String> {
    let word = |key| test.get(key).and_then(yaml::Value::as_str).unwrap_or_default();
    let sub = path::parse(word("subPath"))?;
    if sub.is_empty() || !steps.starts_with(&sub) {
        return Err(format!("subPath {:?} is not how the location begins", word("subPath")));
    }
    match word("condition") {
        "MustExist" => Ok((sub.len() - 1, true)),
        "MustNotExist" => Ok((sub.len() - 1, false)),
        other => Err(format!("{other:?} is no condition; write `MustExist` or `MustNotExist`")),
    }
}

/// What a mutator does; the error names a field below `spec`.
fn change<'v>(
    kind: &str,
    get: &dyn Fn(&[&str]) -> Option<yaml::Value<'v>>,
    steps: &[Step],
) -> Result<Change, (&'static str, String)> {
    let text = |path: &[&str]| get(path).and_then(yaml::Value::as_str).unwrap_or_default().to_owned();
    match kind {
        "ModifySet" => {
            let values = get(&["parameters", "values", "fromList"]).into_iter().flat_map(yaml::Value::items);
            let values = values.map(value::whole).collect();
            match text(&["parameters", "operation"]).as_str() {
                "" | "merge" => Ok(Change::Merge(values)),
                "prune" => Ok(Change::Prune(values)),
                other => Err(("/parameters/operation", format!("{other:?} is neither `merge` nor `prune`"))),
            }
        }
        "AssignImage" => {
            let part = |key| text(&["parameters", key]);
            let (domain, path, tag) = (part("assignDomain"), part("assignPath"), part("assignTag"));
            if domain.is_empty() && path.is_empty() && tag.is_empty() {
                return Err(("/parameters", "one of assignDomain, assignPath and assignTag must be there".to_owned()));
            }
            if domain.is_empty() && !image::split_domain(&path).0.is_empty() {
                return Err((
                    "/parameters/assignPath",
                    "the path begins as a domain does; say assignDomain".to_owned(),
                ));
            }
            Ok(Change::Image { domain, path, tag })
        }
        _ => assign(kind, get, steps),
    }
}

fn assign<'v>(
    kind: &str,
    get: &dyn Fn(&[&str]) -> Option<yaml::Value<'v>>,
    steps: &[Step],
) -> Result<Change, (&'static str, String)> {
    let at = "/parameters/assign";
    let of = |key| get(&["parameters", "assign", key]);
    let changes = match (of("value"), of("fromMetadata"), of("externalData")) {
        (Some(assigned), None, None) => Change::Assign(value::whole(assigned)),
        (None, Some(from), None) => {
            let field = from.get("field").and_then(yaml::Value::as_str).unwrap_or_default();
            if !["name", "namespace"].contains(&field) {
                return Err((
                    "/parameters/assign/fromMetadata",
                    format!("{field:?} is neither `name` nor `namespace`"),
                ));
            }
            Change::FromMetadata(field.to_owned())
        }
        (None, None, Some(_)) => Change::External,
        _ => return Err((at, "exactly one of value, fromMetadata and externalData must be there".to_owned())),
    };
    match (steps.last(), &changes) {
        (Some(Step::Item { key, value }), Change::Assign(assigned)) => {
            let own = super::matching::field(assigned, &[key]);
            if value.is_none() || own != value.as_ref() {
                return Err((at, format!("the value's {key:?} is not the one that the location names")));
            }
        }
        (Some(Step::Item { .. }), _) => return Err((at, "only a value can be an item of a list".to_owned())),
        (_, Change::Assign(assigned)) if kind == "AssignMetadata" && assigned.as_string().is_err() => {
            return Err((at, "the value of AssignMetadata must be a string".to_owned()));
        }
        _ => {}
    }
    Ok(changes)
}
