//! The check that asks the constraints of the repository about every object of the change.

use std::collections::HashSet;
use std::sync::Arc;

use super::libraries::Judges;
use super::{Answer, EnforcementPoint, GatekeeperResult};
use crate::check::{self, Check, Context, Draft, Subject};
use crate::finding::{Authority, Basis, Operation, Reason, RuleId};
use crate::manifest::object::Object;
use crate::policy::Value;
use crate::policy::subject::StandIn;
use crate::policy::violation::Violation;
use crate::policy::{place, subject};
use crate::rules::Rule;

/// Asks Gatekeeper's constraints.
#[derive(Debug)]
pub struct Gatekeeper;

impl Check for Gatekeeper {
    fn rules(&self) -> &'static [&'static Rule] {
        &[]
    }

    fn looks_around(&self) -> bool {
        true
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(review) = subject else { return };
        let libraries = &context.policies.set.gatekeeper;
        let Some(object) = review.new.or(review.old).filter(|_| !libraries.is_empty()) else { return };
        let mut asked = subject::Asked::new(context, review);
        for judges in libraries.of(context.config, object.path()) {
            let library = judges.library;
            let mut ask = |stand_in: &StandIn| {
                let mut results = ask(context, &judges, asked.review(false, stand_in).0);
                // Of what did not change, only those answers are news that depend on other objects.
                if review.operation == Operation::Unchanged {
                    results.retain(|result| library.reads_inventory_by(&result.kind));
                }
                results
            };
            let mut results = ask(&StandIn::Text);
            let mut depends = HashSet::new();
            if object.has_unknown() {
                let names = |result: &GatekeeperResult| (result.kind.clone(), result.name.clone());
                let all = results.clone();
                for stand_in in StandIn::others(library.constants()) {
                    let others = ask(&stand_in);
                    depends.extend(all.iter().filter(|result| !others.contains(result)).map(names));
                    depends.extend(others.iter().filter(|result| !all.contains(result)).map(names));
                    results.retain(|result| others.contains(result));
                }
            }
            let clusters: Option<Arc<[String]>> = judges.clusters.map(Into::into);
            let first = drafts.len();
            drafts.extend(results.iter().take(check::ENOUGH).map(|result| draft(object, result)));
            let mut depends: Vec<_> = depends.into_iter().collect();
            depends.sort();
            drafts.extend(depends.into_iter().map(|(kind, name)| {
                let what = "its answer depends on a value that is not known before the object is applied";
                not_judged(object, &kind, &name, Reason::UnknownValue, what)
            }));
            for draft in drafts.iter_mut().skip(first) {
                draft.clusters.clone_from(&clusters);
            }
        }
    }
}

fn ask(context: &Context<'_>, judges: &Judges<'_>, review: &crate::policy::review::Review) -> Vec<GatekeeperResult> {
    let words = |operations: &Vec<Operation>| -> Vec<String> {
        operations.iter().map(|operation| subject::word(*operation).to_owned()).collect()
    };
    let operations = context.config.gatekeeper_operations.as_ref().map(words);
    let inventory = context.policies.state.gatekeeper(judges.at, judges.scope.as_deref());
    judges.library.evaluate(review, EnforcementPoint::Webhook, operations.as_deref(), Some(&inventory))
}

fn draft(object: &Object, result: &GatekeeperResult) -> Draft {
    let (message, details) = match &result.answer {
        Answer::NotJudged(why) => {
            return not_judged(object, &result.kind, &result.name, Reason::PolicyNotEvaluated, why);
        }
        Answer::Violation { message, details } => (message, details),
    };
    let is_empty = details.as_object().is_ok_and(regorus::value::Object::is_empty);
    let violation = Violation {
        message: message.clone(),
        severity: result.action.severity(),
        field: None,
        details: if is_empty { Value::Null } else { details.clone() },
        help: None,
        fix: None,
        absent: false,
    };
    let spot = place::below(object, &violation, result.expanded_from.as_deref().unwrap_or_default());
    let (path, line) = &result.place;
    Draft {
        rule: rule(&result.kind, &result.name),
        severity: violation.severity,
        authority: Authority::Policy { name: format!("{}/{}", result.kind, result.name), owner: None },
        basis: Basis(format!("the constraint in {path}:{line}").into()),
        detail: place::detail(&violation),
        message: violation.message,
        ..Draft::of_object(object, &spot.pointer)
    }
}

fn rule(kind: &str, name: &str) -> RuleId {
    RuleId(format!("gatekeeper/{kind}/{name}").into())
}

fn not_judged(object: &Object, kind: &str, name: &str, reason: Reason, why: &str) -> Draft {
    Draft {
        rule: rule(kind, name),
        message: format!("constraint {kind}/{name}: {why}"),
        not_judged: Some(reason),
        ..Draft::of_object(object, "")
    }
}
