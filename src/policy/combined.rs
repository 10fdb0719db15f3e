//! Policies of conftest that judge all objects together, as `conftest test --combine` asks them: the input is a list of
//! `{path, contents}`, in the order of the files. Source: conftest's documentation ("Options") and `parser/parser.go`.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::ask::{Ask, in_use};
use super::conftest;
use super::loaded::{Convention, Policy};
use super::place::{self, of_keys, to_pointer};
use super::review::object_of;
use super::set::PolicySet;
use super::state::{Placed, State};
use super::violation::Violation;
use crate::config::Config;
use crate::finding::Reason;
use crate::source::RepoPath;

/// What conftest calls the file of all files.
const FILE: &str = "Combined";

/// A violation, and which of the objects it speaks of.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// What is wrong.
    pub violation: Violation,
    /// The object that it speaks of, where that is one: a place in the input.
    pub object: Option<usize>,
    /// It names the object's file beside its message, so that nothing of a manifest can make it speak of another.
    pub is_named: bool,
    /// The field of the object as a JSON pointer, likewise.
    pub field: Option<String>,
}

/// Whether any policy is of this kind.
pub(crate) fn any(set: &PolicySet) -> bool {
    set.policies.iter().any(|policy| policy.convention == Convention::Combined)
}

/// The policies that hold for some of the files, each once for each cluster whose objects it judges.
pub(crate) fn asks<'a>(set: &'a PolicySet, config: &Config, paths: &BTreeSet<&RepoPath>) -> Vec<Ask<'a>> {
    let mut found: BTreeMap<_, Ask<'a>> = BTreeMap::new();
    for ask in paths.iter().flat_map(|path| in_use(set, config, path)) {
        if ask.policy.convention == Convention::Combined {
            let at = |policy: &Policy| std::ptr::from_ref(policy) as usize;
            // A cluster whose files differ in the clusters that they are for besides is asked once.
            found.entry((at(ask.policy), std::ptr::from_ref(ask.by) as usize, ask.scope.clone())).or_insert(ask);
        }
    }
    let mut asks: Vec<_> = found.into_values().collect();
    asks.sort_by(|a, b| (&a.policy.id, &a.scope).cmp(&(&b.policy.id, &b.scope)));
    asks
}

/// The input of some objects.
pub(crate) fn input<'a>(objects: impl Iterator<Item = (&'a str, Value)>) -> Value {
    let entry = |(path, contents)| object_of([("path", Value::from(path)), ("contents", contents)]);
    Value::from(objects.map(entry).collect::<Vec<_>>())
}

/// What a policy says of the objects of a side.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// What holds in any case.
    pub said: Vec<Said>,
    /// Why there may be more.
    pub not_judged: Option<(Reason, String)>,
}

/// Ask a policy about the objects of a side. Without objects nobody would call conftest.
pub(crate) fn evaluate(ask: &Ask<'_>, state: &State<'_>, objects: &[&Placed]) -> Answer {
    let none = |reason, why| Answer { said: Vec::new(), not_judged: Some((reason, why)) };
    if objects.is_empty() {
        return Answer::default();
    }
    let program = match state.program(ask.policy, ask.scope.as_deref(), &FILE.into()) {
        Ok(program) => program,
        // What is wrong with a policy of the repository is told once.
        Err(_) if ask.policy.program().is_err() => return Answer::default(),
        Err(why) => return none(Reason::PolicyNotEvaluated, why),
    };
    let evaluate = |contents: fn(&Placed) -> &Value| {
        let input = input(objects.iter().map(|placed| (placed.file.as_str(), contents(placed).clone())));
        conftest::ask(ask.policy, &program, &input)
    };
    let mut said = match evaluate(|placed| &placed.value) {
        Ok(said) => said,
        Err(why) => return none(Reason::PolicyNotEvaluated, why),
    };
    let mut not_judged = None;
    if objects.iter().any(|placed| placed.without_unknown.is_some()) {
        match evaluate(|placed| placed.without_unknown.as_ref().unwrap_or(&placed.value)) {
            Ok(without) if without == said => {}
            Ok(without) => {
                let what = "its answer depends on a value that is not known before the objects are applied";
                not_judged = Some((Reason::UnknownValue, what.to_owned()));
                said.retain(|known| without.contains(known));
            }
            Err(why) => return none(Reason::UnknownValue, why),
        }
    }
    let files: BTreeSet<&str> = objects.iter().map(|placed| placed.file.as_str()).collect();
    let said = said.into_iter().map(|(violation, said)| located(violation, &said, objects, &files)).collect();
    Answer { said, not_judged }
}

/// What a policy says of the documents of a fixture's file.
///
/// # Errors
/// Why it gave no answer.
pub(crate) fn evaluate_file(policy: &Policy, path: &str, documents: &[Value]) -> Result<Vec<Violation>, String> {
    let input = input(documents.iter().map(|document| (path, document.clone())));
    let said = conftest::ask(policy, policy.program()?, &input)?;
    Ok(said.into_iter().map(|(violation, _)| violation).collect())
}

/// What tells a violation from others of its policy.
pub(crate) fn detail(violation: &Violation) -> String {
    place::detail(violation)
}

/// The object that a violation speaks of: it is in the file that the violation names (`path`, `file` or `_loc.file`), or
/// has the name that its texts have as a word.
fn located(violation: Violation, said: &Value, objects: &[&Placed], files: &BTreeSet<&str>) -> Said {
    let text = |value: &Value| value.as_string().ok().map(|text| text.trim_start_matches("./").to_owned());
    let named = [&said["path"], &said["file"], &said["_loc"]["file"]].into_iter().filter_map(text);
    let named = named.into_iter().find(|path| files.contains(path.as_str()));
    let mut words: BTreeSet<&str> = words_of(&violation.message).collect();
    let said_texts: Vec<String> =
        said.as_object().map(|fields| fields.values().filter_map(text).collect()).unwrap_or_default();
    words.extend(said_texts.iter().flat_map(|text| words_of(text)));
    let is_in = |placed: &Placed| match &named {
        Some(path) => placed.file.as_str() == path,
        None => words.contains(placed.file.as_str()),
    };
    let all: Vec<usize> = (0..objects.len()).collect();
    let keep = |from: &[usize], holds: &dyn Fn(&Placed) -> bool| -> Vec<usize> {
        from.iter().copied().filter(|at| objects.get(*at).is_some_and(|placed| holds(placed))).collect()
    };
    let in_file = keep(&all, &is_in);
    let has_word = |back: usize| {
        let words = &words;
        move |placed: &Placed| placed.path.iter().rev().nth(back).is_some_and(|word| words.contains(word.as_str()))
    };
    let mut found = keep(if in_file.is_empty() { &all } else { &in_file }, &has_word(NAME));
    // The kind, then the namespace, tell apart what has one name.
    for back in [KIND, NAMESPACE] {
        let fewer = if found.len() > 1 { keep(&found, &has_word(back)) } else { Vec::new() };
        if !fewer.is_empty() {
            found = fewer;
        }
    }
    let object = match (found.as_slice(), in_file.as_slice()) {
        ([only], _) => Some(*only),
        // Of a file that is named, its first.
        (_, [first, ..]) if one_file(&in_file, objects) => Some(*first),
        _ => None,
    };
    let field = match &said["field"] {
        Value::String(path) => Some(to_pointer(path)),
        Value::Array(keys) => of_keys(keys.iter()),
        _ => None,
    };
    Said { violation, object, is_named: named.is_some(), field }
}

/// Where the parts of [`Placed::path`] are, from its end.
const NAME: usize = 0;
const KIND: usize = 1;
const NAMESPACE: usize = 3;

/// Some objects lie in one file.
fn one_file(places: &[usize], objects: &[&Placed]) -> bool {
    let files: BTreeSet<&str> =
        places.iter().filter_map(|at| objects.get(*at)).map(|placed| placed.file.as_str()).collect();
    files.len() == 1
}

/// The words of a text, without what stands around them.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let around = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '/'));
    let is_gap = |c: char| c.is_whitespace() || "\"'`<>(){}[],;|=".contains(c);
    text.split(is_gap).flat_map(move |word| {
        let whole = word.trim_matches(around);
        // `Deployment/web` and `shop/web` are two words too; a path stays one.
        std::iter::once(whole).chain(whole.split(['/', ':'])).filter(|word| !word.is_empty())
    })
}
