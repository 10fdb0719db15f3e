//! Files that tests read, `parse_config_file("good.yaml")`, as conftest's do: they become documents below `data`, and the
//! call is a reference to its document.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::files::Folder;
use super::why::{length, offset};
use crate::policy::Value;
use crate::policy::builtins::parse_config;
use crate::policy::compile::visit;
use crate::policy::engine::{Fault, Module, RegoVersion};
use crate::policy::rego::ast::{Loc, Term, TermKind};
use crate::policy::rego::parse;
use crate::policy::review::object_of;

/// conftest's functions that read files, and the documents that hold what they read.
pub(super) const FUNCTIONS: [&str; 2] = ["parse_config_file", "parse_combined_config_files"];

/// A call with the paths that it names.
struct Call {
    loc: Loc,
    function: &'static str,
    paths: Vec<Arc<str>>,
}

/// Read what a module's calls name by texts, and put references in their place. A file that is not to be had here leaves its
/// call as it is.
pub(super) fn read(
    module: &mut Module,
    folder: &Folder,
    documents: &mut BTreeMap<&'static str, BTreeMap<String, Value>>,
) -> Result<(), Vec<Fault>> {
    if !FUNCTIONS.iter().any(|name| module.text.contains(name)) {
        return Ok(());
    }
    let Ok(parsed) = parse(&module.text, module.version == RegoVersion::V1) else { return Ok(()) };
    let mut calls = Vec::new();
    for rule in &parsed.rules {
        visit::rule(rule, &mut |term, _| calls.extend(call(term)));
    }
    // Those behind first, so that the places of those before stay.
    calls.sort_by_key(|call| std::cmp::Reverse((call.loc.line, call.loc.column)));
    let (mut text, mut faults) = (module.text.to_string(), Vec::new());
    for Call { loc, function, paths } in calls {
        let mut contents = Vec::new();
        for path in &paths {
            let shown = beside(&module.path, path);
            let Some(found) = folder.named(&shown) else { break };
            match found.map_err(|error| error.to_string()).and_then(|text| parse_config(&text)) {
                Ok(value) => contents.push((shown, value)),
                Err(why) => faults.push(Fault {
                    line: loc.line,
                    column: loc.column,
                    ..Fault::of(&module.path, format!("{function} cannot read {shown}: {why}"))
                }),
            }
        }
        let Some(place) = place(&text, loc, function).filter(|_| contents.len() == paths.len()) else { continue };
        let names: Vec<&str> = contents.iter().map(|(path, _)| path.as_str()).collect();
        let name = names.join(" ");
        text.replace_range(place, &format!("data.{function}[{}]", Value::from(name.as_str())));
        let value = match (function, contents.first()) {
            ("parse_config_file", Some((_, value))) => value.clone(),
            _ => combined(&contents),
        };
        documents.entry(function).or_default().insert(name, value);
    }
    module.text = Arc::from(text);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// A call whose paths are written there.
fn call(term: &Term) -> Option<Call> {
    let found = FUNCTIONS.into_iter().find_map(|function| Some((function, term.call_of(function)?)));
    let (function, args) = found?;
    let [argument] = args else { return None };
    let paths = match &argument.kind {
        TermKind::String(path) => vec![Arc::clone(path)],
        TermKind::Array(paths) => paths.iter().map(|path| path.as_str().cloned()).collect::<Option<_>>()?,
        _ => return None,
    };
    Some(Call { loc: term.loc, function, paths })
}

/// Where a call stands in the text.
fn place(text: &str, loc: Loc, function: &str) -> Option<std::ops::Range<usize>> {
    let start = offset(text, loc)?;
    let inner = text.get(start..)?.strip_prefix(function)?.strip_prefix('(')?;
    let end = start + function.len() + 1 + length(inner);
    text.get(end..)?.starts_with(')').then_some(start..end + 1)
}

/// What `--combine` gives: a list of paths and contents, in the order of the paths.
fn combined(contents: &[(String, Value)]) -> Value {
    let mut items: Vec<(&str, Value)> = Vec::new();
    for (path, value) in contents {
        match value {
            Value::Array(documents) => items.extend(documents.iter().map(|value| (path.as_str(), value.clone()))),
            value => items.push((path, value.clone())),
        }
    }
    items.sort_by_key(|(path, _)| *path);
    let item = |(path, value): (&str, Value)| object_of([("path", Value::from(path)), ("contents", value)]);
    items.into_iter().map(item).collect::<Vec<_>>().into()
}

/// A path that counts from a file's folder.
fn beside(file: &str, path: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" if parts.is_empty() && file.starts_with('/') => parts.push(""),
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
