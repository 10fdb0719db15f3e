//! Compiling and evaluating Rego.

use std::fmt;
use std::sync::Arc;

use regorus::{Engine, Value};

/// The language of a module, as OPA tells the two apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegoVersion {
    /// Before OPA 1.0: `deny[msg] { … }`.
    V0,
    /// OPA 1.0: `deny contains msg if { … }`.
    #[default]
    V1,
}

/// The text of a module.
#[derive(Clone, Debug)]
pub struct Module {
    /// The file, as people know it.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Its language.
    pub version: RegoVersion,
}

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

impl Fault {
    /// A mistake of a whole file.
    #[must_use]
    pub fn of(path: &str, message: String) -> Self {
        Self { code: "portcullis", message, path: path.into(), line: 1, column: 1, help: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)
    }
}

/// Why an evaluation gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// What went wrong, with the place in the policy.
    pub message: String,
}

/// Modules that were checked and prepared. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Program {
    engine: Engine,
    rules: Arc<[String]>,
}

impl Program {
    /// Check, lower and prepare modules with the documents that they read below `data`.
    pub fn compile(modules: &[Module], data: &Value) -> Result<Self, Vec<Fault>> {
        let mut engine = Engine::new();
        let fault = |path: &Arc<str>, error: &dyn fmt::Display| {
            vec![Fault {
                code: "rego_parse_error",
                message: error.to_string(),
                path: Arc::clone(path),
                line: 0,
                column: 0,
                help: None,
            }]
        };
        for module in modules {
            engine.set_rego_v0(module.version == RegoVersion::V0);
            engine
                .add_policy(module.path.to_string(), module.text.to_string())
                .map_err(|error| fault(&module.path, &error))?;
        }
        let nowhere = Arc::from("data");
        engine.add_data(data.clone()).map_err(|error| fault(&nowhere, &error))?;
        Ok(Self { engine, rules: Arc::new([]) })
    }

    /// The full paths of all rules: `data.policy.x.deny`.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(String::as_str)
    }

    /// The same modules with other documents below `data`.
    pub fn with_data(&self, data: &Value) -> Result<Self, EvalError> {
        let mut program = self.clone();
        let error = |error: &dyn fmt::Display| EvalError { message: error.to_string() };
        program.engine.clear_data();
        program.engine.add_data(data.clone()).map_err(|e| error(&e))?;
        Ok(program)
    }

    /// What a rule says of an input; none when it is undefined.
    pub fn evaluate(&self, rule: &str, input: &Value) -> Result<Option<Value>, EvalError> {
        let mut engine = self.engine.clone();
        engine.set_input(input.clone());
        match engine.eval_rule(rule.to_owned()) {
            Ok(Value::Undefined) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(error) if error.to_string().contains("not a valid rule path") => Ok(None),
            Err(error) => Err(EvalError { message: error.to_string() }),
        }
    }
}
