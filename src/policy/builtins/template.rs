//! `strings.render_template`: of Go's templates, texts with fields and comments. What else a template does is not
//! available, and says so.

use regorus::Value;
use regorus::value::Object;

use super::format::print;
use super::{Answer, Args, Family, Problem, error, text};

pub(super) const FUNCTIONS: Family = &[("strings.render_template", render)];

fn render(args: Args<'_>) -> Answer {
    let (template, fields) = (args.string(0)?, args.object(1)?);
    let mut rest = &**template;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (inner, trims_before) = match after.strip_prefix('-') {
            Some(inner) if inner.starts_with(char::is_whitespace) => (inner, true),
            _ => (after, false),
        };
        if trims_before {
            out.truncate(out.trim_end().len());
        }
        let Some((action, after)) = inner.split_once("}}") else { return error("unclosed action") };
        let (action, after) = match action.strip_suffix('-') {
            Some(action) if action.ends_with(char::is_whitespace) => (action, after.trim_start()),
            _ => (action, after),
        };
        out.push_str(&show(action.trim(), fields)?);
        rest = after;
    }
    out.push_str(rest);
    text(out)
}

/// A field's text: `.a.b`.
fn show(action: &str, fields: &Object) -> Result<String, Problem> {
    if action.starts_with("/*") && action.ends_with("*/") {
        return Ok(String::new());
    }
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric());
    let path: Vec<&str> = match action.strip_prefix('.') {
        Some(path) => path.split('.').collect(),
        None => Vec::new(),
    };
    if path.is_empty() || !path.iter().all(|name| is_name(name)) {
        return Err(Problem::Unavailable(format!("a template has only fields such as {{{{.a.b}}}} here: {action:?}")));
    }
    let mut value: Option<&Value> = None;
    for (depth, name) in path.iter().enumerate() {
        let key = Value::from(*name);
        value = match value {
            None if depth == 0 => fields.get(&key),
            // A field of what is not there is nil, and nil's fields cannot be asked for.
            None => return error(format!("nil pointer evaluating {action}")),
            Some(Value::Object(fields)) => fields.get(&key),
            Some(_) => return error(format!("can't evaluate field {name} in {action}")),
        };
    }
    match value {
        None | Some(Value::Null) => Ok("<undefined>".to_owned()),
        Some(Value::Array(_) | Value::Object(_) | Value::Set(_)) => {
            Err(Problem::Unavailable(format!("a template shows only texts, numbers and booleans here: {action:?}")))
        }
        Some(value) => print("%v", std::slice::from_ref(value)),
    }
}
