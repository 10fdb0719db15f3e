//! conftest's convention: rules `deny`, `violation` and `warn`, with suffixes, of the package `main`; `exception`;
//! documents of a `data` folder. The input is the bare object. Source: conftest's documentation and `policy/engine.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use regorus::Value;

use super::engine::{Fault, Program};
use super::loaded::Policy;
use super::modules::Modules;
use super::portcullis::{Input, items};
use super::reads;
use super::review::object_of;
use super::violation::Violation;
use crate::config::Conftest;
use crate::config::pattern::Wildcard;
use crate::finding::Severity;
use crate::source::RepoPath;

/// The namespace that conftest evaluates unless it is told another.
const MAIN: &str = "main";

/// conftest would evaluate the package: an entry names it; else it is `main`, or the folder has no `main` and the package
/// has rules of conftest's.
#[must_use]
pub fn is_namespace(package: &str, modules: &Modules, conftest: &Conftest) -> bool {
    match &conftest.namespaces {
        Some(names) => names.iter().any(|name| Wildcard::new(name).matches(package)),
        None => package == MAIN || (!modules.packages().contains(MAIN) && decides(package, modules)),
    }
}

/// That nobody asks a package although it decides, where no entry says which are asked.
#[must_use]
pub fn not_asked(package: &str, modules: &Modules, conftest: &Conftest) -> Option<Fault> {
    let is_left = conftest.namespaces.is_none() && decides(package, modules) && !modules.is_used(package);
    let path = &modules.of(package).next().filter(|_| is_left)?.path;
    let help = format!("name it in the entry, as for `conftest test --namespace`: `namespace: [{MAIN}, {package}]`");
    let message = format!("the package `{package}` is not asked, because there is one called `{MAIN}`");
    Some(Fault { code: "incomplete", help: Some(help), ..Fault::of(path, message) })
}

/// The package is written for `--combine`.
#[must_use]
pub fn is_combined(package: &str, modules: &Modules) -> bool {
    let input = reads::Input::of(modules.parsed_needed_by(package).into_iter());
    input.is_combined() && input.key().is_none()
}

/// The package has a rule that decides.
#[must_use]
pub fn decides(package: &str, modules: &Modules) -> bool {
    modules.rules_of(package).iter().any(|rule| severity_of(rule).is_some())
}

/// Why a package would pass everything here, although it has rules: it wants another input than it is given. And what to
/// do.
#[must_use]
pub fn wants_another_input(package: &str, modules: &Modules, is_combined: bool) -> Option<(String, String)> {
    if reads::Input::of(modules.parsed_of(package)).is_of_a_review() {
        let message =
            format!("the package `{package}` reads `input.review`, and its input is the bare object, as conftest's");
        return Some((message, "call it `policy.NAME`: such a package is given the review".to_owned()));
    }
    let input = reads::Input::of(modules.parsed_needed_by(package).into_iter());
    match input.key() {
        None if !is_combined && input.is_combined() => {
            let message =
                format!("the package `{package}` wants all files at once, as `conftest test --combine` gives them");
            Some((message, "remove `combine: false`, or write `input.kind` for `input[_].contents.kind`".to_owned()))
        }
        Some(key) if !is_combined && input.is_combined() => {
            let message =
                format!("the package `{package}` reads `input[_].contents` and `input.{key}`, which no input has");
            let help = "say in the entry which it is: `combine: true` or `combine: false`; or divide the package";
            Some((message, help.to_owned()))
        }
        Some(key) if is_combined && !input.goes_through() => {
            let message =
                format!("the package `{package}` reads `input.{key}`, and its input is the list of all objects");
            let help = format!("remove `combine: true`, or write `input[_].contents.{key}`");
            Some((message, help))
        }
        _ => None,
    }
}

/// What a rule of this name says: `deny`, `deny_privileged`, `violation`, `warn_tag`. None where it decides nothing.
fn severity_of(rule: &str) -> Option<Severity> {
    let (name, suffix) = rule.split_once('_').map_or((rule, None), |(name, suffix)| (name, Some(suffix)));
    let severity = match name {
        "deny" | "violation" => Severity::Error,
        "warn" => Severity::Warning,
        _ => return None,
    };
    suffix.is_none_or(|suffix| !suffix.is_empty()).then_some(severity)
}

/// The documents of a folder's `data` folder, by the folders that they lie in.
///
/// # Errors
/// A file that cannot be read.
pub fn data(files: &[(Arc<str>, Arc<str>)], folder: &str) -> Result<Value, Fault> {
    let mut data = serde_json::Map::new();
    for (path, text) in files {
        let Some(rest) = path.strip_prefix(folder).map(|rest| rest.trim_start_matches('/')) else { continue };
        let Some(below) = rest.strip_prefix("data/") else { continue };
        if path.ends_with(".rego") {
            continue;
        }
        let read = yaml_serde::from_str::<serde_json::Value>(text);
        let read = read.map_err(|error| {
            let at = error.location();
            let line = at.map_or(0, |at| u32::try_from(at.line()).unwrap_or(0));
            Fault { line, ..Fault::of(path, format!("the data cannot be read: {error}")) }
        })?;
        let mut at = &mut data;
        for folder in below.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev() {
            let entry = at.entry(folder).or_insert_with(|| serde_json::Map::new().into());
            let Some(next) = entry.as_object_mut() else {
                return Err(Fault::of(path, format!("`{folder}` is a document and a folder of data at once")));
            };
            at = next;
        }
        match read {
            serde_json::Value::Object(fields) => at.extend(fields),
            serde_json::Value::Null => {}
            _ => return Err(Fault::of(path, "data is an object with names, and this is none".to_owned())),
        }
    }
    Ok(Value::from(serde_json::Value::Object(data)))
}

/// `data.conftest.file`: the name of a file and its folder.
#[must_use]
pub fn file(path: &RepoPath) -> Value {
    let folder = if path.folder().is_empty() { "." } else { path.folder() };
    let file = object_of([("dir", Value::from(folder)), ("name", Value::from(path.file_name()))]);
    object_of([("file", file)])
}

/// Ask a policy about the object of the head; of one that goes, it knows nothing.
///
/// # Errors
/// Why it gave no answer.
pub fn evaluate(policy: &Policy, input: &Input<'_>) -> Result<Vec<Violation>, String> {
    let Some(object) = &input.review.object else { return Ok(Vec::new()) };
    Ok(ask(policy, input.program, object)?.into_iter().map(|(violation, _)| violation).collect())
}

/// Ask a policy about an input. Each violation comes with what the policy says of it, which is null where that is a text.
///
/// # Errors
/// Why it gave no answer.
pub(super) fn ask(policy: &Policy, program: &Program, input: &Value) -> Result<Vec<(Violation, Value)>, String> {
    let own = format!("data.{}.", policy.package);
    let mut found = Vec::new();
    for path in program.rules().filter(|path| path.starts_with(&own)) {
        let rule = path.get(own.len()..).unwrap_or_default();
        let name = rule.split(['.', '[']).next().unwrap_or_default();
        if name != rule && severity_of(name).is_some() {
            return Err(format!("{own}{name} is no set: a rule has a longer path"));
        }
        let Some(severity) = severity_of(rule) else { continue };
        let severity =
            if severity == Severity::Error { policy.metadata.custom.severity.unwrap_or(severity) } else { severity };
        let answer = program.evaluate(path, input).map_err(|error| error.to_string())?;
        let Some(answer) = answer else { continue };
        if is_excepted(policy, program, rule, input)? {
            continue;
        }
        match &answer {
            Value::Bool(true) => found.push((simple(rule.to_owned(), severity), Value::Null)),
            Value::Bool(false) => {}
            Value::String(text) => found.push((simple(text.to_string(), severity), Value::Null)),
            _ => {
                for item in items(&answer).ok_or_else(|| format!("{path} is neither a set nor a text"))? {
                    let message = format!("{path} holds neither a text nor an object with `msg`");
                    let said = if item.as_object().is_ok() { item.clone() } else { Value::Null };
                    found.push((violation(item, severity).ok_or(message)?, said));
                }
            }
        }
    }
    Ok(found)
}

/// `exception[_][_] == "suffix"`: the rule does not hold for this input. The suffix of a bare name is empty.
fn is_excepted(policy: &Policy, program: &Program, rule: &str, input: &Value) -> Result<bool, String> {
    let path = format!("data.{}.exception", policy.package);
    let Some(answer) = program.evaluate(&path, input).map_err(|error| error.to_string())? else {
        return Ok(false);
    };
    let suffix = Value::from(rule.split_once('_').map_or("", |(_, suffix)| suffix));
    let lists = items(&answer).unwrap_or_default();
    Ok(lists.into_iter().filter_map(items).flatten().any(|name| *name == suffix))
}

fn simple(message: String, severity: Severity) -> Violation {
    Violation { message, severity, field: None, details: Value::Null, help: None, fix: None, absent: false }
}

/// A text, or an object whose further fields are details.
fn violation(item: &Value, severity: Severity) -> Option<Violation> {
    if let Value::String(text) = item {
        return Some(simple(text.to_string(), severity));
    }
    let fields = item.as_object().ok()?;
    let message = fields.get(&Value::from("msg"))?.as_string().ok()?.to_string();
    let rest: BTreeMap<Value, Value> = fields
        .iter()
        .filter(|(key, _)| !matches!(key.as_string().map(ToString::to_string).as_deref(), Ok("msg" | "_loc")))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    // What conftest calls metadata may be the same of several violations.
    let details = if rest.is_empty() {
        Value::Null
    } else {
        object_of([("msg", message.as_str().into()), ("metadata", Value::from(rest))])
    };
    Some(Violation { details, ..simple(message, severity) })
}
