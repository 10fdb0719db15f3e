//! What follows from another problem of the same object is told with it: one cause is one finding. What the server itself
//! names as a second cause is a second finding.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::Draft;
use crate::finding::Severity;
use crate::manifest::object::Object;
use crate::schema::problem::{Cause, Problem, Raised};
use crate::yaml::{Value, pointer};

/// Fields that the server fills from a sibling when the manifest leaves them out.
const FILLED: [(&str, &str); 2] = [("targetPort", "port"), ("hostPort", "containerPort")];
const FEWER_THAN_LEAST: &str = "must be greater than or equal to `minReplicas`";
/// What the server says twice of one text, and how it says it better.
const TWICE: [(&str, &str); 2] = [
    ("name part must consist of ", "name part must be non-empty"),
    ("must be a standard resource type or fully qualified", "must be a standard resource for quota"),
];
const SELECTOR_MISMATCH: &str = "`selector` does not match template `labels`";

/// Of a missing selector the server complains twice, and the labels are not what is to be mended: both are told where the
/// selector is to be written.
pub(super) fn place(problems: &[Problem], drafts: &mut [Option<Draft>]) {
    let is_missing = |problem: &Problem| problem.cause == Cause::Required && problem.pointer == "/spec/selector";
    let Some(Some(missing)) = problems.iter().position(is_missing).and_then(|at| drafts.get(at)) else { return };
    let (source, span) = (Arc::clone(&missing.source), missing.span);
    let is_mismatch = |problem: &Problem| problem.message.ends_with(SELECTOR_MISMATCH);
    let mismatches = problems.iter().zip(drafts).filter(|(problem, _)| is_mismatch(problem));
    for draft in mismatches.filter_map(|(_, draft)| draft.as_mut()) {
        (draft.source, draft.span) = (Arc::clone(&source), span);
    }
}

/// Take the drafts that follow from another one and add what they say to that.
pub(super) fn fold(object: &Object, problems: &[Problem], drafts: &mut [Option<Draft>]) {
    let told = Told::new(problems);
    // Fields that are only dropped, all of them by the same way of applying: the first tells of the others.
    let is_dropped = |index: usize| {
        let is_info = drafts.get(index).and_then(Option::as_ref).is_some_and(|draft| draft.severity == Severity::Info);
        is_info && problems.get(index).is_some_and(|problem| problem.cause == Cause::UnknownField)
    };
    let dropped = (0..problems.len()).find(|index| is_dropped(*index));
    let first_dropped = |index: usize| dropped.filter(|first| *first != index && is_dropped(index));
    let causes: HashMap<usize, usize> = problems
        .iter()
        .enumerate()
        .filter_map(|(index, problem)| Some((index, told.cause(object, problem).or_else(|| first_dropped(index))?)))
        .collect();
    let mut following: Vec<usize> = causes.keys().copied().collect();
    following.sort_unstable();
    for index in following {
        // A cause has no cause that has one: the chain is short.
        let root = causes.get(&index).map(|cause| *causes.get(cause).unwrap_or(cause));
        let Some(root) = root.filter(|root| drafts.get(*root).is_some_and(Option::is_some)) else { continue };
        let Some(draft) = drafts.get_mut(index).and_then(Option::take) else { continue };
        let Some(cause) = drafts.get_mut(root).and_then(Option::as_mut) else { continue };
        cause.severity = cause.severity.max(draft.severity);
        let Some(problem) = problems.get(index).filter(|_| !is_sops(problems.get(root))) else { continue };
        if said_better(&problem.message).is_some() {
            continue;
        }
        let who = match (problem.cause, problem.raised) {
            (Cause::Warning, _) => "the server also warns",
            // Only this object's way of applying leads to what the server says of it.
            (_, Raised::ByApply) if draft.severity == Severity::Info => "server-side apply also says",
            (_, Raised::ByPost) if draft.severity == Severity::Info => "client-side apply also says",
            _ => "the server also says",
        };
        cause.related.push((format!("{who}: {}", draft.message), Arc::clone(&draft.source), draft.span));
    }
}

/// SOPS' own block, which only an object has that nobody decrypts.
const SOPS: &str = "/sops";

fn is_sops(problem: Option<&Problem>) -> bool {
    problem.is_some_and(|problem| problem.cause == Cause::UnknownField && problem.pointer == SOPS)
}

/// The problem is that of a value which SOPS encrypted, not of what it says.
fn is_still_encrypted(object: &Object, problem: &Problem) -> bool {
    object.encrypted && {
        let found = pointer::find(object.value(), &problem.pointer);
        found.exact && Value::as_str(found.value).is_some_and(|text| text.starts_with("ENC["))
    }
}

/// The problems by their pointers.
struct Told<'a> {
    problems: &'a [Problem],
    at: HashMap<&'a str, Vec<usize>>,
    /// `Duplicate value`s by their item, of which they may name a field.
    duplicates: HashMap<&'a str, usize>,
    /// Unknown fields by the pointer of the one that was probably meant.
    meant: HashMap<String, usize>,
}

impl<'a> Told<'a> {
    fn new(problems: &'a [Problem]) -> Self {
        let mut told = Self { problems, at: HashMap::new(), duplicates: HashMap::new(), meant: HashMap::new() };
        for (index, problem) in problems.iter().enumerate() {
            told.at.entry(&problem.pointer).or_default().push(index);
            if let (Cause::UnknownField, Some(name)) = (problem.cause, &problem.suggestion) {
                told.meant.entry(format!("{}/{name}", parent(&problem.pointer))).or_insert(index);
            }
            if problem.cause == Cause::Duplicate {
                told.duplicates.insert(&problem.pointer, index);
                told.duplicates.entry(parent(&problem.pointer)).or_insert(index);
            }
        }
        told
    }

    /// The problem that another one follows from, wherever it holds.
    fn cause(&self, object: &Object, problem: &Problem) -> Option<usize> {
        let found = match problem.cause {
            // The field is there under a name that is none.
            Cause::Required => self.misspelt(&problem.pointer),
            Cause::DuplicateListKey => self.duplicates.get(problem.pointer.as_str()).copied(),
            // A name that is none is no good name for Pods either.
            Cause::Warning if problem.pointer == "/metadata/name" => {
                self.find(&problem.pointer, |other| other.cause == Cause::Invalid)
            }
            Cause::Warning => self.find(&problem.pointer, |other| other.cause == Cause::DuplicateListKey),
            _ if is_still_encrypted(object, problem) => self.find(SOPS, |other| other.cause == Cause::UnknownField),
            Cause::Invalid if problem.message.ends_with(FEWER_THAN_LEAST) => {
                self.find(&problem.pointer, |other| other.cause == Cause::Required)
            }
            Cause::Invalid if said_better(&problem.message).is_some() => {
                let (subject, better) = said_better(&problem.message)?;
                let is_it =
                    |other: &Problem| other.message.strip_prefix(subject).is_some_and(|why| why.starts_with(better));
                self.find(&problem.pointer, is_it)
            }
            // What is of another type is none of the values either.
            Cause::NotSupported if self.find(&problem.pointer, is_of_another_type).is_some() => {
                self.find(&problem.pointer, is_of_another_type)
            }
            _ if pointer::find(object.value(), &problem.pointer).exact => None,
            _ => self
                .find(&problem.pointer, |other| other.cause == Cause::Required)
                .or_else(|| self.misspelt(&problem.pointer))
                .or_else(|| {
                    let is_same = |other: &Problem| other.message == problem.message || other.cause == Cause::Type;
                    let from = filled_from(&problem.pointer)?;
                    self.find(&from, is_same).or_else(|| self.misspelt(&from))
                }),
        };
        found.filter(|index| {
            self.problems.get(*index).is_some_and(|cause| problem.minors.without(cause.minors).is_empty())
        })
    }

    /// The unknown field that was meant for this one, or for one that holds it and that is not there either.
    fn misspelt(&self, pointer: &str) -> Option<usize> {
        let above = pointer.match_indices('/').filter_map(|(at, _)| pointer.get(..at)).chain([pointer]);
        above.into_iter().find_map(|above| self.meant.get(above)).copied()
    }

    fn find(&self, pointer: &str, is_cause: impl Fn(&Problem) -> bool) -> Option<usize> {
        let mut here = self.at.get(pointer)?.iter().copied();
        here.find(|index| self.problems.get(*index).is_some_and(&is_cause))
    }
}

fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn is_of_another_type(problem: &Problem) -> bool {
    problem.cause == Cause::TypeInvalid
}

/// What precedes a reason that the server gives better as well, and that one.
fn said_better(message: &str) -> Option<(&str, &'static str)> {
    TWICE.iter().find_map(|(worse, better)| Some((message.get(..message.find(worse)?)?, *better)))
}

fn filled_from(pointer: &str) -> Option<String> {
    let (parent, field) = pointer.rsplit_once('/')?;
    FILLED.iter().find(|(filled, _)| *filled == field).map(|(_, from)| format!("{parent}/{from}"))
}
