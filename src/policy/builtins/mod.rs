//! OPA's builtin functions: which there are, and those that the Rego engine lacks or answers otherwise than OPA.
//!
//! [`signature()`] knows every builtin of OPA by name, with its types and its [`Standing`]. [`register`] adds ours to an
//! engine, which prefers them to its own. A family of functions is a file; what each answers is compared with OPA's own
//! answers in `fixtures/conformance/builtins.txt`.
//!
//! A builtin that fails makes its expression undefined, as in OPA, and one that cannot be evaluated here must never pass
//! for undefined. The engine swallows errors inside of functions, so both are kept aside for [`take_failures`].

mod bits;
mod collections;
mod decimal;
mod encoding;
mod format;
mod glob;
mod hash;
mod json;
mod jwt;
pub(super) mod mantissa;
mod net;
mod numbers;
mod operators;
mod order;
mod paths;
mod quote;
mod regexp;
mod schema;
mod semver;
mod signature;
mod strings;
mod template;
mod term;
mod time;
mod types;
mod units;
mod uri;
mod yaml;

use std::cell::RefCell;
use std::sync::Arc;

use regorus::{Engine, Extension, Value};

use decimal::Decimal;
pub(super) use order::{compare, sorted};
pub use signature::{Signature, Standing, signature, signatures};
pub(super) use term::term;
pub(super) use types::element;
pub use types::{Fields, Key, Type};
pub(super) use yaml::parse_config;

/// The longest text that a builtin makes, in bytes.
const LONGEST: usize = 1 << 20;
/// The most elements that a builtin makes.
const MOST: usize = 1 << 16;
/// The most failures that are kept of an evaluation.
const KEPT: usize = 64;

/// Why a builtin gives no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    /// OPA's builtin fails too; its expression is undefined.
    #[error("{0}")]
    Error(String),
    /// OPA would give an answer, and it cannot be had here.
    #[error("{0}")]
    Unavailable(String),
}

type Answer = Result<Value, Problem>;
type Function = fn(Args<'_>) -> Answer;
/// A function of ours.
#[derive(Clone, Copy)]
pub struct Ours(Function);

impl std::fmt::Debug for Ours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ours")
    }
}

type Family = &'static [(&'static str, Function)];

/// Ours.
const FAMILIES: &[Family] = &[
    bits::FUNCTIONS,
    collections::FUNCTIONS,
    encoding::FUNCTIONS,
    format::FUNCTIONS,
    glob::FUNCTIONS,
    hash::FUNCTIONS,
    json::FUNCTIONS,
    jwt::FUNCTIONS,
    net::FUNCTIONS,
    numbers::FUNCTIONS,
    operators::FUNCTIONS,
    paths::FUNCTIONS,
    regexp::FUNCTIONS,
    schema::FUNCTIONS,
    semver::FUNCTIONS,
    strings::FUNCTIONS,
    template::FUNCTIONS,
    time::FUNCTIONS,
    units::FUNCTIONS,
    uri::FUNCTIONS,
    yaml::FUNCTIONS,
];

/// A builtin that gave no value during an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub name: &'static str,
    /// Why.
    pub message: String,
    /// OPA would give an answer, so that the policy was not evaluated; else OPA fails too, and what is undefined here is
    /// undefined there.
    pub unavailable: bool,
}

thread_local! {
    /// An evaluation stays on its thread.
    static FAILURES: RefCell<Vec<Failure>> = const { RefCell::new(Vec::new()) };
}

/// The builtins that gave no value on this thread since the last call, at most 64, the unavailable ones first. Call it
/// before an evaluation to forget, and after it to know.
#[must_use]
pub fn take_failures() -> Vec<Failure> {
    let mut failures = FAILURES.take();
    failures.sort_by_key(|failure| !failure.unavailable);
    failures
}

fn keep(failure: Failure) {
    FAILURES.with_borrow_mut(|failures| {
        if failures.contains(&failure) {
            return;
        }
        if failures.len() < KEPT {
            failures.push(failure);
        } else if failure.unavailable
            && let Some(last) = failures.last_mut()
        {
            *last = failure;
        }
    });
}

/// Add those of our functions to an engine that are called, and a failing one for each that cannot be evaluated here.
/// An engine takes them once; the fewer it has, the cheaper are its clones.
pub fn register(engine: &mut Engine, is_called: impl Fn(&str) -> bool) {
    let mut add = |name: &'static str, arity: u8, extension: Box<dyn Extension>| {
        // Fails only for a name that was added before, with the same function.
        _ = engine.add_extension(name.to_owned(), arity, extension);
    };
    for signature in signatures().iter().filter(|signature| is_called(signature.name)) {
        let Ok(arity) = u8::try_from(signature.arguments.len()) else { continue };
        let name = signature.name;
        match &signature.standing {
            Standing::Ours(Ours(function)) => {
                let function = *function;
                add(
                    name,
                    arity,
                    Box::new(move |values: Vec<Value>| {
                        settle(name, function(Args { values: &values })).map_err(Into::into)
                    }),
                );
            }
            Standing::Unavailable(reason) => {
                let problem = Problem::Unavailable(format!("{name} is not available: {reason}"));
                add(name, arity, Box::new(move |_: Vec<Value>| settle(name, Err(problem.clone())).map_err(Into::into)));
            }
            Standing::Engine | Standing::Syntax => {}
        }
    }
}

/// Keep a failure aside, and decide whether the evaluation goes on.
fn settle(name: &'static str, answer: Answer) -> Answer {
    let problem = match answer {
        Ok(value) => return Ok(value),
        Err(problem) => problem,
    };
    let unavailable = matches!(problem, Problem::Unavailable(_));
    keep(Failure { name, message: problem.to_string(), unavailable });
    if unavailable { Err(problem) } else { Ok(Value::Undefined) }
}

/// The function of ours with a name.
fn function(name: &str) -> Option<Function> {
    FAMILIES.iter().copied().flatten().find(|(known, _)| *known == name).map(|(_, function)| *function)
}

fn error<T>(message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::Error(message.into()))
}

/// The arguments of a call: none is undefined, and there are as many as the signature says.
#[derive(Clone, Copy)]
struct Args<'a> {
    values: &'a [Value],
}

impl<'a> Args<'a> {
    fn value(self, at: usize) -> &'a Value {
        self.values.get(at).unwrap_or(&Value::Undefined)
    }

    fn wrong<T>(self, at: usize, wanted: &str) -> Result<T, Problem> {
        error(format!("operand {} must be {wanted} but got {}", at + 1, type_name(self.value(at))))
    }

    fn string(self, at: usize) -> Result<&'a Arc<str>, Problem> {
        match self.value(at) {
            Value::String(text) => Ok(text),
            _ => self.wrong(at, "string"),
        }
    }

    fn number(self, at: usize) -> Result<Decimal, Problem> {
        match Decimal::of(self.value(at)) {
            Some(number) => Ok(number),
            None => self.wrong(at, "number"),
        }
    }

    /// An integer that fits 64 bits, as Go's `int` operands.
    fn integer(self, at: usize) -> Result<i64, Problem> {
        match self.number(at)?.to_i64() {
            Some(integer) => Ok(integer),
            None => self.wrong(at, "an integer of 64 bits"),
        }
    }

    fn array(self, at: usize) -> Result<&'a regorus::value::Array, Problem> {
        match self.value(at) {
            Value::Array(items) => Ok(items),
            _ => self.wrong(at, "array"),
        }
    }

    fn set(self, at: usize) -> Result<&'a regorus::value::Set, Problem> {
        match self.value(at) {
            Value::Set(items) => Ok(items),
            _ => self.wrong(at, "set"),
        }
    }

    fn object(self, at: usize) -> Result<&'a regorus::value::Object, Problem> {
        match self.value(at) {
            Value::Object(fields) => Ok(fields),
            _ => self.wrong(at, "object"),
        }
    }

    /// The elements of an array or set.
    fn elements(self, at: usize) -> Result<Vec<&'a Value>, Problem> {
        match self.value(at) {
            Value::Array(items) => Ok(items.iter().collect()),
            Value::Set(items) => Ok(sorted(items)),
            _ => self.wrong(at, "array or set"),
        }
    }
}

/// A value's type, in OPA's words.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Set(_) => "set",
        Value::Object(_) => "object",
        Value::Undefined => "undefined",
    }
}

/// A text as a value, unless it is too long.
fn text(text: String) -> Answer {
    if text.len() > LONGEST {
        return Err(Problem::Unavailable(format!("a text of {} bytes is too long, at most {LONGEST}", text.len())));
    }
    Ok(Value::from(text))
}

#[cfg(test)]
mod tests;
