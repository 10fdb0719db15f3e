//! What is wrong with modules or ended an evaluation, in OPA's words and at the author's line.

use std::fmt;
use std::sync::Arc;

use regorus::Value;

use super::Facts;
use crate::policy::compile;

/// Why modules cannot be used: one mistake in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// OPA's code (`rego_parse_error`, `rego_type_error`, …), or `unsupported`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file.
    pub path: Arc<str>,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Column in bytes, from 1; 0 when unknown.
    pub column: u32,
    /// What to write instead.
    pub help: Option<String>,
}

/// The code of what OPA has no code for.
const OURS: &str = "portcullis";

impl Fault {
    /// A mistake of a whole file.
    #[must_use]
    pub fn of(path: &str, message: String) -> Self {
        Self { code: OURS, message, path: path.into(), line: 1, column: 1, help: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            // What is wrong with a folder or a file as a whole names it itself.
            OURS if self.message.contains(&*self.path) => f.write_str(&self.message),
            OURS => write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message),
            code => write!(f, "{}:{}:{}: {code}: {}", self.path, self.line, self.column, self.message),
        }
    }
}

/// What kind of trouble ended an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It took longer than its limit. On a busy machine a second try, alone, may do.
    Time,
    /// It needed more memory than there may be.
    Memory,
    /// Two values where one may be: OPA's `eval_conflict_error`.
    Conflict,
    /// A builtin function that is not available here, or one that failed where that counts.
    Builtin,
    /// Anything else.
    Other,
}

/// Why an evaluation gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// What kind of trouble it was.
    pub trouble: Trouble,
    /// What went wrong, with the place in the policy.
    pub message: String,
}

pub(super) fn fault(code: &'static str, path: &Arc<str>, message: String) -> Fault {
    Fault { code, message, path: Arc::clone(path), line: 0, column: 0, help: None }
}

/// What regorus says, without the text that it shows, and without the values of variables, which may be secrets.
pub(super) fn last_line(error: &str) -> String {
    let line = error.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(error);
    let line = line.strip_prefix("error: ").unwrap_or(line);
    line.split_once(" (path ").map_or(line, |(said, _)| said).to_owned()
}

/// `--> file:line:column`
pub(super) fn place(error: &str) -> Option<&str> {
    error.lines().find_map(|line| line.trim().strip_prefix("--> "))
}

impl Facts {
    /// Rules where a document stands: OPA takes neither for the other.
    pub(super) fn conflicts(&self, data: &Value) -> Vec<Fault> {
        let conflicts =
            self.paths.iter().filter(|path| data.as_object().is_ok() && stands_at(data, path)).map(|path| {
                let place = self.places.get(&compile::dotted(path)).and_then(|clauses| clauses.first());
                let (file, line) = place.cloned().unwrap_or_else(|| (Arc::from("data"), 0));
                let message = format!("conflicting rule for data path {} found", path.join("/"));
                let help = Some("rename the rule, or the key of the data file".to_owned());
                Fault { line, help, ..fault("rego_compile_error", &file, message) }
            });
        conflicts.collect()
    }

    pub(super) fn eval_error(&self, error: &str) -> EvalError {
        let said = last_line(error);
        let mut at = place(error).and_then(|place| place.rsplit_once(':')).map(|(place, _)| place.to_owned());
        let (trouble, said) = if said.contains("time limit") || said.contains("execution time") {
            (Trouble::Time, "the evaluation took longer than its limit".to_owned())
        } else if said.contains("memory limit") {
            (Trouble::Memory, "the evaluation needed more memory than its limit".to_owned())
        } else if said.contains("functions must not produce multiple outputs")
            || said.contains("function produced multiple")
        {
            at = self.called(error).and_then(|clauses| clauses.get(1).or(clauses.first())).map(at_clause).or(at);
            let said = "eval_conflict_error: functions must not produce multiple outputs for same inputs";
            (Trouble::Conflict, said.to_owned())
        } else if said.contains("produce multiple outputs") || said.contains("rule conflicts with rule") {
            at = at.map(|at| self.first_clause(&at).map_or(at, at_clause));
            let said = "eval_conflict_error: complete rules must not produce multiple outputs";
            (Trouble::Conflict, said.to_owned())
        } else if said.contains("eval_conflict_error") || said.contains("generated multiple times") {
            (Trouble::Conflict, "eval_conflict_error: object keys must be unique".to_owned())
        } else {
            (Trouble::Other, said)
        };
        let message = at.map_or_else(|| said.clone(), |at| format!("{at}: {said}"));
        EvalError { trouble, message }
    }

    /// The clauses of the function that is called where an error stands.
    fn called(&self, error: &str) -> Option<&Vec<(Arc<str>, u32)>> {
        let (place, column) = place(error)?.rsplit_once(':')?;
        let (file, line) = place.rsplit_once(':')?;
        let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
        self.modules.iter().filter(|(path, _)| **path == *file).find_map(|(_, text)| {
            // The place of a call is its parenthesis, or its name's beginning.
            let line = text.lines().nth(line.checked_sub(1)?)?;
            let end = column - 1 + line.get(column.checked_sub(1)?..)?.find('(')?;
            let name = line.get(..end)?;
            let short = name.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
            if let Some(path) = self.functions.get(short) {
                return self.places.get(path);
            }
            let name = name.get(name.rfind("data.")?..)?;
            self.places.get(&name.replacen("data.__clauses.", "data.", 1))
        })
    }

    /// The first clause of the rule that has one at a place.
    pub(super) fn first_clause(&self, at: &str) -> Option<&(Arc<str>, u32)> {
        self.places.values().find(|clauses| clauses.iter().any(|clause| at_clause(clause) == at))?.first()
    }
}

/// Whether a document has a value at a path, or one above it that has no keys.
fn stands_at(document: &Value, path: &[Arc<str>]) -> bool {
    let Some((part, rest)) = path.split_first() else { return true };
    document
        .as_object()
        .map_or(true, |fields| fields.get(&Value::String(Arc::clone(part))).is_some_and(|value| stands_at(value, rest)))
}

pub(super) fn at_clause((file, line): &(Arc<str>, u32)) -> String {
    format!("{file}:{line}")
}
