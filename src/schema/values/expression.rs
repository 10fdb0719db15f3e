//! CEL expressions, as far as they can be judged without types.

use std::collections::HashSet;

use crate::schema::text::cel::{self, Ty};

/// What an expression can name.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Scope<'s> {
    /// The variables.
    pub(in crate::schema) names: &'s [&'s str],
    /// The fields of `variables`; none where there is no such variable.
    pub(in crate::schema) variables: Option<&'s HashSet<&'s str>>,
}

/// What is a value everywhere: types, and what their names begin with.
const TYPES: [&str; 16] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "google",
    "int",
    "kubernetes",
    "list",
    "map",
    "net",
    "null_type",
    "optional_type",
    "string",
    "timestamp",
    "uint",
];

impl Scope<'_> {
    /// The type of an expression, as far as literals tell, or why the server's compiler refuses it.
    pub(in crate::schema) fn compile(&self, expression: &str) -> Result<Ty, String> {
        let parsed = match cel::parse(expression) {
            None => return Ok(Ty::Unknown),
            Some(Err(error)) => return Err(failed(expression, error.at, "Syntax error")),
            Some(Ok(parsed)) => parsed,
        };
        for name in &parsed.names {
            let is_declared = match name.name {
                "variables" => self.variables.is_some(),
                "type" => true,
                other => self.names.contains(&other) || TYPES.contains(&other),
            };
            if !is_declared {
                let why = format!("undeclared reference to '{}' (in container '')", name.name);
                return Err(failed(expression, name.at, &why));
            }
            if let ("variables", Some(known), Some(field)) = (name.name, self.variables, name.field)
                && !known.contains(field)
            {
                return Err(failed(expression, name.field_at, &format!("undefined field '{field}'")));
            }
        }
        Ok(parsed.ty)
    }
}

/// The server's message, without the lines that draw the place.
fn failed(expression: &str, at: usize, why: &str) -> String {
    let before = expression.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("compilation failed: ERROR: <input>:{line}:{column}: {why}")
}
