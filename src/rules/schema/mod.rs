//! `schema/*` and `object/immutable-field-changed`: what the API server says of an object.

mod agent;
mod api;
mod custom;
mod definition;
mod follow;
mod rules;

use agent::{Refused, Way};
pub use definition::DefinedTwice;
pub use rules::*;

use crate::check::{Check, Context, Draft, DraftFix, ENOUGH, Review, Subject};
use crate::finding::{Authority, Basis, Operation, Severity};
use crate::manifest::object::Object;
use crate::rules::Rule;
use crate::rules::object::identity::IDENTITY;
use crate::schema::builtin;
use crate::schema::minors::Targets;
use crate::schema::problem::{Cause, Problem, Raised};
use crate::schema::table::Kind;
use crate::yaml::{self, Origin, pointer};

/// What precedes a value that the server prints.
const VALUE: &str = ": Invalid value: ";

/// Problems of one object that are told, with room below [`ENOUGH`] for what is said of the object as a whole.
const KEPT: usize = ENOUGH - 8;

/// Judges objects by their schemas.
#[derive(Debug)]
pub struct Schema;

impl Check for Schema {
    fn rules(&self) -> &'static [&'static Rule] {
        rules::ALL
    }

    fn looks_around(&self) -> bool {
        true
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { new: Some(object), old, operation, .. }) = subject else { return };
        if operation == Operation::Delete || object.api_version.is_empty() || object.key.kind.is_empty() {
            return;
        }
        let kind = Kind::find(&object.api_version, &object.key.kind);
        // Only what a CRD says of an object can change without the object.
        if operation == Operation::Unchanged && kind.is_some() {
            return;
        }
        let targets = Targets::of(context.config, object.path().as_str(), context.today);
        let served = api::check(object, &targets, drafts);
        // What has no name yet is another object every time.
        let is_named = !object.key.name.ends_with('*');
        let old = old.filter(|_| operation != Operation::Create && is_named);
        match kind {
            Some(_) if served.is_empty() => {}
            Some(kind) => {
                // The versions of a built-in kind are one object; where an old one's fields are not those of the new
                // version, it is none that the server accepts, and counts for nothing.
                let problems = builtin::judge(object, old, kind, served).problems;
                drafts.extend(told(context, object, &targets, problems, None));
            }
            // What a conversion makes of an old custom resource is not known.
            None => {
                let old = old.filter(|old| old.api_version == object.api_version);
                let is_unchanged = operation == Operation::Unchanged;
                custom::check(context, (object, old, is_unchanged), &targets, drafts);
            }
        }
    }
}

/// Who may give a custom resource what its manifest lacks. Whether somebody does, no CRD says.
const WEBHOOKS: &str = "set it; if the operator's mutating webhook does, suppress this finding";

const PLACEHOLDER: &str = "who replaces `${…}` is not known: no Flux Kustomization with postBuild that counts (the trust \
                           commit's) reaches the file; if something does, list the file under `substitution` of \
                           portcullis.yaml";

const ASSUMED: &str = "only server-side apply refuses it, and nothing here says who applies the object: if that is done \
                       client-side, say `apply: client-side` in portcullis.yaml";

/// `SetOwnerLabels` of Flux' ssa package, which reads none where one is not a text.
const LOST_LABELS: &str = "Flux applies the object without any of its labels where one is not a text";

const HOLE: &str = "is `{{…}}` a template that was not rendered? exclude such files in portcullis.yaml";

/// What to do about a text that the server refuses and that nobody means as it is.
fn placeholder(object: &Object, problem: &Problem) -> Option<&'static str> {
    let written = pointer::find(object.value(), &problem.pointer).value.as_str().unwrap_or_default();
    let has = |mark: &str| problem.message.contains(mark) || written.contains(mark);
    [("${", PLACEHOLDER), ("{{", HOLE)].into_iter().find_map(|(mark, help)| has(mark).then_some(help))
}

/// The problems of an object as drafts: one cause, one draft.
fn told(
    context: &Context<'_>,
    object: &Object,
    targets: &Targets,
    mut problems: Vec<Problem>,
    basis: Option<&Basis>,
) -> Vec<Draft> {
    let mut way = Way::new(context, object);
    let is_cut = keep_the_worst(&mut problems, targets, &mut way);
    let said = |problem| {
        let mut draft = draft(object, problem, targets, &mut way)?;
        if let Some(basis) = basis {
            draft.basis = basis.clone();
            if problem.cause == Cause::Required && draft.help.is_none() {
                draft.help = Some(WEBHOOKS.to_owned());
            }
        }
        Some(draft)
    };
    let mut said: Vec<Option<Draft>> = problems.iter().map(said).collect();
    follow::fold(object, &problems, &mut said);
    follow::place(&problems, &mut said);
    if let Some(last) = said.iter_mut().flatten().last().filter(|_| is_cut) {
        last.message = format!("{} (and more like this in the object)", last.message);
        last.cut = true;
    }
    said.into_iter().flatten().collect()
}

/// Each problem is looked up in the object, so of a hostile one only some are told: errors before warnings. Whether any
/// were left out.
fn keep_the_worst(problems: &mut Vec<Problem>, targets: &Targets, way: &mut Way<'_>) -> bool {
    if problems.len() <= KEPT {
        return false;
    }
    let raised = way.raised();
    problems.sort_by_key(|problem| {
        let is_mild = problem.cause == Cause::Warning || problem.minors.within(targets.failing).is_empty();
        (is_mild, problem.raised != Raised::Always && problem.raised != raised)
    });
    problems.truncate(KEPT);
    true
}

fn draft(object: &Object, problem: &Problem, targets: &Targets, way: &mut Way<'_>) -> Option<Draft> {
    // The rules about an object's identity say this for every kind.
    let is_identity = IDENTITY.iter().any(|(pointer, _)| *pointer == problem.pointer);
    if (problem.cause == Cause::Required && problem.field == "metadata.name")
        || (problem.cause == Cause::Type && is_identity)
    {
        return None;
    }
    let message = match problem.cause {
        Cause::UnknownField => problem.message.clone(),
        _ => short(problem.sentence()),
    };
    let mut draft = Draft::at(rules::of(problem.cause), object, &problem.pointer, message).detail(detail(problem));
    draft.minors = problem.minors;
    draft.absent = problem.absent;
    if let Some(meant) = &problem.suggestion {
        draft.help = Some(format!("did you mean \"{meant}\"?"));
        draft.fix = fix(object, problem, meant);
    }
    if problem.cause == Cause::Type && problem.message.ends_with("of type string") {
        draft.fix = quotes(object, problem);
    }
    if problem.cause == Cause::Type && problem.pointer.starts_with("/metadata/labels/") && way.is_flux() {
        draft.help = Some(LOST_LABELS.to_owned());
    }
    if object.encrypted && problem.cause == Cause::UnknownField && problem.pointer == "/sops" {
        let help = "the object is encrypted by SOPS, and nothing here says who decrypts it: no .sops.yaml at or above it, \
                    and no Flux Kustomization with decryption; as it is, the server takes the encrypted texts for values";
        draft.help = Some(help.to_owned());
    }
    if draft.help.is_none() {
        draft.help = placeholder(object, problem).map(str::to_owned);
    }
    match problem.cause {
        Cause::Warning => {
            draft.authority = Authority::ServerWarning;
            return Some(draft);
        }
        Cause::Immutable => immutable(object, way, &mut draft),
        Cause::Growth => growth(way, &mut draft),
        _ => {}
    }
    if problem.minors.within(targets.failing).is_empty() {
        draft.severity = draft.severity.min(Severity::Warning);
    }
    if problem.raised != Raised::Always && problem.raised != way.raised() {
        draft.severity = Severity::Info;
        let other = if problem.raised == Raised::ByPost { "client-side" } else { "server-side" };
        draft.help = Some(format!("only {other} apply refuses it, and this object is applied the other way"));
        // Nobody who writes a number means another one.
        if problem.raised == Raised::ByPost
            && problem.cause == Cause::Type
            && problem.message.contains("cannot unmarshal number")
        {
            draft.severity = Severity::Warning;
            let help = "client-side apply refuses it; server-side apply takes it and stores another number: what is left of it in \
                        the field's width";
            draft.help = Some(help.to_owned());
        }
    } else if problem.raised == Raised::ByApply && draft.help.is_none() && way.is_assumed() {
        draft.help = Some(ASSUMED.to_owned());
    }
    Some(draft)
}

/// A claim that is bound may grow, if its class lets it. Whether it is bound, no manifest says.
fn growth(way: &Way<'_>, draft: &mut Draft) {
    draft.help = Some(match way.class_that_grows() {
        Some(class) => {
            draft.severity = Severity::Info;
            format!("only a claim that is not bound yet cannot grow; its class allows it ({class})")
        }
        None => "a claim that is bound may grow, if its StorageClass has allowVolumeExpansion: true, which no class of that name \
                 here had before this change; where the cluster's has, suppress this finding"
            .to_owned(),
    });
}

/// What the agent makes of a change that the server refuses.
fn immutable(object: &Object, way: &mut Way<'_>, draft: &mut Draft) {
    let kind = object.key.kind.as_str();
    match way.refused() {
        Refused::Stays if kind == "Job" => {
            draft.help =
                Some("it is refused while the old Job still exists; a Job with another name is not".to_owned());
        }
        Refused::Stays => {
            draft.help = Some("give the object another name, or delete the old one in a change of its own".to_owned());
        }
        Refused::Recreated => {
            // What goes with these, nothing brings back.
            let loses = matches!(kind, "PersistentVolumeClaim" | "StatefulSet" | "Namespace");
            draft.severity = if loses { Severity::Error } else { Severity::Warning };
            draft.message = format!("{}: the object will be deleted and created anew", draft.message);
            draft.help =
                Some("the agent is told to replace what it cannot change; what the object held is lost".to_owned());
        }
        Refused::NotApplied => {
            draft.severity = Severity::Warning;
            draft.message = format!("{}: the change will not be applied", draft.message);
            draft.help = Some("the annotation kustomize.toolkit.fluxcd.io/ssa keeps Flux from it".to_owned());
        }
    }
}

/// The server prints the whole of a refused object or list, which nobody reads.
fn short(sentence: String) -> String {
    const READABLE: usize = 160;
    let Some(at) = sentence.find(VALUE).map(|at| at + VALUE.len()) else { return sentence };
    let (before, value) = sentence.split_at(at);
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<serde::de::IgnoredAny>();
    let is_whole = matches!(values.next(), Some(Ok(_)));
    let (value, after) = value.split_at_checked(values.byte_offset()).unwrap_or((value, ""));
    match value.chars().next() {
        Some('{') if is_whole && value.len() > READABLE => format!("{before}{{…}}{after}"),
        Some('[') if is_whole && value.len() > READABLE => format!("{before}[…]{after}"),
        _ => sentence,
    }
}

/// What tells problems of one pointer apart: the server's words without the value, which may change.
fn detail(problem: &Problem) -> String {
    match problem.cause {
        Cause::UnknownField | Cause::Required | Cause::NotSupported | Cause::Type => String::new(),
        _ => problem.message.rsplit_once(": ").map_or_else(|| problem.message.clone(), |(_, why)| why.to_owned()),
    }
}

/// A number or a boolean where a text is wanted, in quotes.
fn quotes(object: &Object, problem: &Problem) -> Option<DraftFix> {
    let found = pointer::find(object.value(), &problem.pointer);
    if !found.exact || !matches!(found.value.kind(), yaml::Kind::Int | yaml::Kind::Float | yaml::Kind::Bool) {
        return None;
    }
    let span = pointer::span_of(&object.document, found.value.origin())?;
    let written = object.source().text.get(span.range())?;
    let is_plain =
        written.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-' | b'_'));
    is_plain.then(|| DraftFix { title: "quote the value".to_owned(), span, replacement: format!("\"{written}\"") })
}

fn fix(object: &Object, problem: &Problem, meant: &str) -> Option<DraftFix> {
    if problem.cause == Cause::UnknownField {
        let key = pointer::find(object.value(), &problem.pointer).key?;
        replace(object, &problem.pointer, key, format!("rename the key to \"{meant}\""), meant)
    } else {
        change(object, &problem.pointer, meant)
    }
}

/// The fix that gives a scalar of an object another value.
fn change(object: &Object, at: &str, meant: &str) -> Option<DraftFix> {
    let value = pointer::find(object.value(), at).value.origin();
    replace(object, at, value, format!("change the value to \"{meant}\""), meant)
}

fn replace(object: &Object, at: &str, origin: Origin, title: String, meant: &str) -> Option<DraftFix> {
    let found = pointer::find(object.value(), at);
    let span = pointer::span_of(&object.document, origin).filter(|_| found.exact)?;
    let written = object.source().text.get(span.range())?;
    let quote =
        written.chars().next().filter(|first| matches!(first, '"' | '\'')).map(String::from).unwrap_or_default();
    if written.contains('\n') {
        return None;
    }
    Some(DraftFix { title, span, replacement: format!("{quote}{meant}{quote}") })
}
