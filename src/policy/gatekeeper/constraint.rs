//! Constraints: which objects a template's Rego is asked about, with which parameters, and what its violations do.

use std::sync::Arc;

use serde::Deserialize;

use super::matching::Match;
use super::template::Template;
use super::{EnforcementPoint, fault};
use crate::config::Minor;
use crate::finding::Severity;
use crate::manifest::object::Object;
use crate::policy::engine::Fault;
use crate::policy::{Value, pod_security, value};
use crate::schema::crd;
use crate::schema::minors::MinorSet;
use crate::schema::problem::{Cause, Raised};
use crate::yaml;

/// The code of a fault against the template's schema.
pub(super) const SCHEMA: &str = "gatekeeper_constraint_schema";

/// The code of every other fault.
pub(super) const INVALID: &str = "gatekeeper_constraint";

/// What a violation does; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The object is refused.
    Deny,
    /// It is taken, with a warning.
    Warn,
    /// It is taken in silence.
    Dryrun,
}

impl Action {
    /// The action of a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "deny" => Some(Self::Deny),
            "warn" => Some(Self::Warn),
            "dryrun" => Some(Self::Dryrun),
            _ => None,
        }
    }

    /// The severity of its violations. One of `dryrun` nobody sees but the audit.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::Deny => Severity::Error,
            Self::Warn => Severity::Warning,
            Self::Dryrun => Severity::Info,
        }
    }
}

/// A constraint that its template's schema accepts.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The template.
    pub template: Arc<Template>,
    /// Its name.
    pub name: String,
    /// The constraint, as written.
    pub object: Object,
    /// Which objects it is about.
    pub matches: Match,
    /// `spec.parameters`, with the schema's defaults; an empty object where there are none.
    pub parameters: Value,
    /// What violations do everywhere, or the actions and the points where they hold.
    actions: Actions,
}

#[derive(Clone, Debug)]
enum Actions {
    Everywhere(Action),
    Scoped(Vec<(Action, Vec<String>)>),
}

impl Constraint {
    /// It may be asked about objects of a kind, or about the Pods that they make.
    #[must_use]
    pub fn may_be_asked(&self, group: &str, kind: &str) -> bool {
        self.matches.may_match(group, kind)
            || (pod_security::looks_at(group, kind) && self.matches.may_match("", "Pod"))
    }

    /// Read a constraint of a template.
    pub(super) fn read(object: &Object, template: &Arc<Template>) -> Result<Self, Vec<Fault>> {
        if object.key.name.is_empty() {
            return Err(vec![fault::at(
                object,
                "/metadata",
                INVALID,
                "the constraint has no name",
                "add `metadata.name`",
            )]);
        }
        let Some(version) = crd::repository::version_in(&template.pack, object) else {
            let message = format!("constraints have no version {:?}", object.api_version);
            let help = "write `constraints.gatekeeper.sh/v1beta1`";
            return Err(vec![fault::at(object, "/apiVersion", INVALID, message, help)]);
        };
        let judged = crd::judge(object, None, version, MinorSet::of(Minor::NEWEST));
        let problems = judged.problems.iter().filter(|p| p.cause != Cause::Warning && p.raised != Raised::ByApply);
        let mut faults: Vec<Fault> = problems
            .map(|problem| {
                let code = if problem.cause == Cause::UnknownField { INVALID } else { SCHEMA };
                let help = problem.suggestion.as_ref().map_or_else(
                    || format!("the schema is that of the ConstraintTemplate in {}", fault::place(&template.object)),
                    |right| format!("did you mean `{right}`?"),
                );
                fault::at(object, &problem.pointer, code, problem.sentence(), &help)
            })
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let spec = |key: &str| judged.stored.root().path(&["spec", key]).filter(|value| !value.is_null());
        let matches: Match = spec("match")
            .map_or_else(|| Ok(Match::default()), |m| serde_json::from_value(m.to_json()))
            .map_err(|error| {
                vec![fault::at(object, "/spec/match", INVALID, format!("the match cannot be read: {error}"), "")]
            })?;
        let mistakes = matches.mistakes().into_iter();
        faults.extend(mistakes.map(|(at, why)| fault::at(object, &format!("/spec/match{at}"), INVALID, why, "")));
        let actions = match actions(object, spec("enforcementAction"), spec("scopedEnforcementActions")) {
            Ok(actions) => actions,
            Err(fault) => {
                faults.push(*fault);
                return Err(faults);
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            template: Arc::clone(template),
            name: object.key.name.clone(),
            object: object.clone(),
            matches,
            parameters: spec("parameters").map_or_else(Value::new_object, value::whole),
            actions,
        })
    }

    /// What its violations do at a point; none: it is not asked there.
    #[must_use]
    pub fn action(&self, point: EnforcementPoint) -> Option<Action> {
        match &self.actions {
            Actions::Everywhere(action) => Some(*action),
            Actions::Scoped(scoped) => {
                let here = |points: &[String]| points.iter().any(|name| name == "*" || name == point.name());
                scoped.iter().filter(|(_, points)| here(points)).map(|(action, _)| *action).min()
            }
        }
    }
}

fn actions(
    object: &Object,
    action: Option<yaml::Value<'_>>,
    scoped: Option<yaml::Value<'_>>,
) -> Result<Actions, Box<Fault>> {
    let unknown = |at: &str, action: &str| {
        let message = format!("{action:?} is no enforcement action");
        Box::new(fault::at(object, at, INVALID, message, "write `deny`, `warn` or `dryrun`"))
    };
    let action = action.and_then(yaml::Value::as_str).unwrap_or("deny");
    if action != "scoped" {
        let action = Action::parse(action).ok_or_else(|| unknown("/spec/enforcementAction", action))?;
        return Ok(Actions::Everywhere(action));
    }
    let Some(scoped) = scoped else {
        let message = "`scoped` needs `spec.scopedEnforcementActions`";
        return Err(Box::new(fault::at(object, "/spec/enforcementAction", INVALID, message, "")));
    };
    let mut all = Vec::new();
    for (index, entry) in scoped.items().enumerate() {
        let at = format!("/spec/scopedEnforcementActions/{index}");
        let action = entry.get("action").and_then(yaml::Value::as_str).unwrap_or_default();
        let action = Action::parse(action).ok_or_else(|| unknown(&format!("{at}/action"), action))?;
        let points: Vec<_> = entry.get("enforcementPoints").into_iter().flat_map(yaml::Value::items).collect();
        let names: Vec<String> = points
            .iter()
            .map(|point| point.get("name").and_then(yaml::Value::as_str).unwrap_or_default().to_owned())
            .collect();
        if let Some(wrong) =
            names.iter().position(|name| name != "*" && !EnforcementPoint::NAMES.contains(&name.as_str()))
        {
            let message = format!("{:?} is no enforcement point", names.get(wrong).map_or("", String::as_str));
            let help =
                format!("there are {} and `*`", EnforcementPoint::NAMES.map(|name| format!("`{name}`")).join(", "));
            return Err(Box::new(fault::at(
                object,
                &format!("{at}/enforcementPoints/{wrong}/name"),
                INVALID,
                message,
                &help,
            )));
        }
        if names.is_empty() {
            return Err(Box::new(fault::at(object, &at, INVALID, "the action holds at no enforcement point", "")));
        }
        all.push((action, names));
    }
    Ok(Actions::Scoped(all))
}
