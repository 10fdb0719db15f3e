//! The convention of portcullis' own policies: package `policy.NAME`, rules `deny`, `warn` and `info`, each a set of
//! texts or of objects `{msg, field, details, help, fix, absent}`.

use regorus::Value;

use super::engine::Program;
use super::loaded::Policy;
use super::modules::Modules;
use super::place;
use super::review::{Review, object_of};
use super::violation::Violation;
use crate::finding::Severity;

/// The rules that decide: what a policy denies, what it warns of, what is worth knowing.
const RULES: [&str; 3] = ["deny", "warn", "info"];

/// The package has a rule that decides.
pub(super) fn decides(package: &str, modules: &Modules) -> bool {
    modules.rules_of(package).iter().any(|rule| RULES.contains(&rule.as_str()))
}

/// What a policy is asked.
#[derive(Debug)]
pub struct Input<'a> {
    /// The object before and after.
    pub review: &'a Review,
    /// The same as a value.
    pub request: &'a Value,
    /// Parameters of the config's entry.
    pub params: &'a Value,
    /// The change as a whole: paths, base, head, cluster.
    pub change: &'a Value,
    /// The program with the documents that it reads.
    pub program: &'a Program,
}

/// Ask a policy.
///
/// # Errors
/// Why it gave no answer.
pub fn evaluate(policy: &Policy, input: &Input<'_>) -> Result<Vec<Violation>, String> {
    let document = object_of([
        ("review", input.request.clone()),
        ("params", input.params.clone()),
        ("change", input.change.clone()),
    ]);
    let denied = policy.metadata.custom.severity.unwrap_or(Severity::Error);
    let severities = [denied, Severity::Warning, Severity::Info];
    let mut found = Vec::new();
    for (rule, severity) in RULES.into_iter().zip(severities) {
        let path = format!("data.{}.{rule}", policy.package);
        if input.program.rules().any(|known| known.strip_prefix(&path).is_some_and(|rest| rest.starts_with(['.', '['])))
        {
            return Err(format!("{path} is no set: a rule has a longer path"));
        }
        let Some(answer) = input.program.evaluate(&path, &document).map_err(|error| error.to_string())? else {
            continue;
        };
        for item in items(&answer).ok_or_else(|| format!("{path} is no set"))? {
            found.push(violation(item, severity).map_err(|why| format!("{path}: {why}"))?);
        }
    }
    Ok(found)
}

/// The items of a set or an array.
pub(super) fn items(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Set(items) => Some(items.iter().collect()),
        Value::Array(items) => Some(items.iter().collect()),
        _ => None,
    }
}

/// A violation; the error is what is wrong with it.
fn violation(item: &Value, severity: Severity) -> Result<Violation, String> {
    let value = |key: &str| item.as_object().ok()?.get(&Value::from(key)).filter(|value| **value != Value::Null);
    let text = |key: &str| match value(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.to_string())),
        Some(other) => Err(format!("`{key}` of a violation is a text, not {other}")),
    };
    let message = match item {
        Value::String(text) => Some(text.to_string()),
        _ => text("msg")?,
    };
    let message = message.ok_or("it holds neither a text nor an object with `msg`")?;
    if message.trim().is_empty() {
        return Err("the message of a violation is empty".to_owned());
    }
    let field = match value("field") {
        Some(Value::Array(keys)) => {
            Some(place::of_keys(keys.iter()).ok_or("`field` holds a key that is no text or number")?)
        }
        _ => text("field")?,
    };
    Ok(Violation {
        message,
        severity,
        field,
        details: value("details").cloned().unwrap_or(Value::Null),
        help: text("help")?,
        fix: value("fix").cloned(),
        absent: value("absent") == Some(&Value::from(true)),
    })
}
