//! Custom resources: which schemas judge one, and what becomes of several answers.

use super::{Targets, UNKNOWN_KIND, rules, told};
use crate::check::{Context, Draft};
use crate::finding::{Authority, Basis, Reason, Severity};
use crate::manifest::object::{Object, group_of};
use crate::schema::crd::repository::{Content, Missing, Origin, Schema};
use crate::schema::crd::{self, Before, pack::Version};
use crate::schema::json_schema;
use crate::schema::problem::{Cause, Problem};
use crate::schema::versions::{Standing, look_up};

/// An object, the one that it replaces, and whether only its schema changes.
type Change<'c> = (&'c Object, Option<&'c Object>, bool);

/// Judge a custom resource; what no schema is known for is counted elsewhere.
pub(super) fn check(context: &Context<'_>, change: Change<'_>, targets: &Targets, drafts: &mut Vec<Draft>) {
    let (object, old, _) = change;
    if !matches!(look_up(&object.api_version, &object.key.kind, targets.all), Standing::Foreign) {
        return;
    }
    let judges = match context.crds.of(object) {
        Ok(judges) => judges,
        Err(Missing::NotServed(Origin::Crd(path), served)) => {
            drafts.extend(not_served(object, &Origin::Crd(path), &served));
            return;
        }
        Err(_) => {
            drafts.extend(without_schema(context, change, targets));
            return;
        }
    };
    let before = old.and_then(|old| context.crds_before.of(old).ok());
    let before = before.as_ref().and_then(crate::schema::crd::sources::Judges::first);
    let judge = |schema: &Schema| by_schema(context, change, before, schema, targets);
    let mut all: Vec<Draft> = Vec::new();
    for group in &judges.0 {
        let answers: Vec<Vec<Draft>> = group.iter().map(judge).collect();
        for draft in agreed(answers) {
            let is_told = |known: &Draft| {
                (&known.rule, &known.pointer, &known.message) == (&draft.rule, &draft.pointer, &draft.message)
            };
            if !all.iter().any(is_told) {
                all.push(draft);
            }
        }
    }
    drafts.extend(all);
}

fn is_refusal(draft: &Draft) -> bool {
    draft.severity == Severity::Error && draft.not_judged.is_none()
}

/// Of several CRDs of a kind, nobody knows which the cluster has: one that accepts the object is enough, and of what all
/// refuse, what all say is told; else what the nearest says.
fn agreed(mut answers: Vec<Vec<Draft>>) -> Vec<Draft> {
    if let Some(index) = answers.iter().position(|drafts| !drafts.iter().any(is_refusal)) {
        return answers.swap_remove(index);
    }
    let Some((first, others)) = answers.split_first() else { return Vec::new() };
    let is_common = |draft: &&Draft| {
        let says = |other: &Draft| (&other.rule, &other.pointer) == (&draft.rule, &draft.pointer);
        others.iter().all(|drafts| drafts.iter().any(says))
    };
    let common: Vec<Draft> = first.iter().filter(is_common).cloned().collect();
    if common.iter().any(is_refusal) { common } else { first.clone() }
}

/// What one schema says of an object.
fn by_schema(
    context: &Context<'_>,
    (object, old, is_unchanged): Change<'_>,
    before: Option<&Schema>,
    schema: &Schema,
    targets: &Targets,
) -> Vec<Draft> {
    let Some(version) = schema.version(object) else { return Vec::new() };
    let before = old.map(|old| Before { object: old, version: before.and_then(|before| before.version(old)) });
    let mut judged = crd::judge(object, before, version, targets.all);
    let basis = Basis(schema.origin.to_string().into());
    let mut drafts: Vec<Draft> = not_judged(object, &judged).collect();
    if let Content::Json(schema) = &schema.content {
        let by_schema = schema.judge(object, targets.all);
        // What the server itself says of metadata counts.
        let known = std::mem::take(&mut judged.problems);
        let is_news = |pointer: &str| known.iter().all(|known| known.pointer != pointer);
        judged.problems = by_schema.problems.into_iter().filter(|problem| is_news(&problem.pointer)).collect();
        judged.problems.extend(known);
        drafts.extend(by_schema.gave_up.then(|| {
            let what = "the JSON Schema takes too long to be checked";
            Draft::not_judged(&rules::INVALID_VALUE, object, Reason::TooLarge, what)
        }));
        drafts.extend(by_schema.unknown.iter().map(|at| {
            let what = format!("{at}: the schema's verdict hangs on a value that is not known yet");
            Draft::not_judged(&rules::INVALID_VALUE, object, Reason::UnknownValue, what)
        }));
    }
    let forgiven = if is_unchanged { forgiven(object, version, targets, &judged.problems) } else { Vec::new() };
    drafts.extend(told(context, object, targets, judged.problems, Some(&basis)));
    drafts.extend(told(context, object, targets, forgiven, Some(&basis)).into_iter().map(|draft| Draft {
        severity: draft.severity.min(Severity::Warning),
        help: Some(KEPT.to_owned()),
        ..draft
    }));
    drafts
}

/// What the server says of labels and annotations is the same for every kind, and so are the fields of `metadata`. Of those
/// that it does not have only the misspelt ones are told: programs that never see a cluster have others in files like these.
fn without_schema(context: &Context<'_>, (object, old, is_unchanged): Change<'_>, targets: &Targets) -> Vec<Draft> {
    let Some(version) = json_schema::any().filter(|_| !is_unchanged) else { return Vec::new() };
    let before = old.map(|old| Before { object: old, version: Some(version) });
    let mut problems = crd::judge(object, before, version, targets.all).problems;
    problems.retain(|problem| {
        let below =
            |field: &str| problem.pointer.strip_prefix(field).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match problem.cause {
            Cause::UnknownField => {
                let is_written = |meant: &String| WRITTEN.contains(&meant.as_str());
                below("/metadata").is_some() && problem.suggestion.as_ref().is_some_and(is_written)
            }
            _ => below("/metadata/labels").or_else(|| below("/metadata/annotations")).is_some(),
        }
    });
    told(context, object, targets, problems, Some(&Basis(EVERY_KIND.into())))
}

/// The fields of `metadata` that people write.
const WRITTEN: [&str; 7] =
    ["annotations", "finalizers", "generateName", "labels", "name", "namespace", "ownerReferences"];
const EVERY_KIND: &str = "ObjectMeta, which every kind has";

/// What becomes of an object that its new schema refuses.
const KEPT: &str = "the server keeps an object that it has; it refuses another value here, and the object where it is created anew, as in another cluster";

/// What the server has against an object that it keeps only because it was there before its schema.
fn forgiven(object: &Object, version: Version<'_>, targets: &Targets, known: &[Problem]) -> Vec<Problem> {
    let mut anew = crd::judge(object, None, version, targets.all).problems;
    anew.retain(|problem| {
        let is_known = |known: &Problem| (&known.pointer, &known.message) == (&problem.pointer, &problem.message);
        problem.cause != Cause::Warning && !known.iter().any(is_known)
    });
    anew
}

/// The CRD of the kind is known, and its server has no such version.
fn not_served(object: &Object, origin: &Origin, served: &[String]) -> Option<Draft> {
    let is_unknown = |field: &str| object.value().get(field).is_none_or(|value| object.unknown(value).is_some());
    if is_unknown("apiVersion") || is_unknown("kind") {
        return None;
    }
    let (api_version, kind) = (&object.api_version, &object.key.kind);
    let message = format!("no matches for kind \"{kind}\" in version \"{api_version}\"");
    let mut draft = Draft::at(&UNKNOWN_KIND, object, "/apiVersion", message).detail(format!("{api_version} {kind}"));
    draft.authority = Authority::Server;
    draft.basis = Basis(origin.to_string().into());
    let group = group_of(api_version);
    let versions: Vec<String> = served.iter().map(|version| format!("{group}/{version}")).collect();
    draft.help = Some(match versions.as_slice() {
        [] => format!("{origin} serves no version of it"),
        versions => format!("{origin} serves {}", versions.join(", ")),
    });
    Some(draft)
}

/// What of a custom resource nobody looked at.
fn not_judged(object: &Object, judged: &crd::Judged) -> impl Iterator<Item = Draft> + use<> {
    let rule = &rules::INVALID_VALUE;
    let rules = judged.rules;
    let cel = (rules.reached > 0 && !rules.stopped).then(|| {
        let what = if rules.reached == 1 { "1 CEL rule".to_owned() } else { format!("{} CEL rules", rules.reached) };
        Draft::not_judged(rule, object, Reason::CelNotEvaluated, format!("{what} of the schema"))
    });
    let large = judged.gave_up.then(|| {
        let what = "the object and its schema are so large together that not everything was checked";
        Draft::not_judged(rule, object, Reason::TooLarge, what)
    });
    cel.into_iter().chain(large)
}
