//! `strings.render_template`: of Go's templates, texts with fields and comments. What else a template does is not
//! available, and says so.

use regorus::Value;
use regorus::value::Object;

use super::term::term;
use super::{Answer, Args, Family, Problem, error, text};

pub(super) const FUNCTIONS: Family = &[("strings.render_template", render)];

/// What Go trims.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn render(args: Args<'_>) -> Answer {
    let (template, fields) = (args.string(0)?, args.object(1)?);
    if !is_json(args.value(1)) {
        return error("operand 2 must have no sets, and no keys but texts");
    }
    let mut rest = &**template;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let inner = after.strip_prefix('-').and_then(|inner| inner.strip_prefix(SPACES));
        out.push_str(if inner.is_some() { before.trim_end_matches(SPACES) } else { before });
        let inner = inner.unwrap_or(after);
        let Some((action, after)) = inner.split_once("}}") else { return error("unclosed action") };
        let trimmed = action.strip_suffix('-').and_then(|action| action.strip_suffix(SPACES));
        out.push_str(&show(trimmed.unwrap_or(action), fields)?);
        rest = if trimmed.is_some() { after.trim_start_matches(SPACES) } else { after };
    }
    out.push_str(rest);
    // OPA does so in the whole text.
    text(out.replace("<no value>", "<undefined>"))
}

/// A field's text: `.a.b`.
fn show(action: &str, fields: &Object) -> Result<String, Problem> {
    if action.starts_with("/*") && action.ends_with("*/") {
        return Ok(String::new());
    }
    let is_name = |name: &str| {
        !name.starts_with(|c: char| c.is_numeric())
            && !name.is_empty()
            && name.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    let path: Vec<&str> = match action.trim_matches(SPACES).strip_prefix('.') {
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
            None => None,
            Some(Value::Object(fields)) => fields.get(&key),
            Some(_) => return error(format!("can't evaluate field {name} in {action}")),
        };
    }
    match value {
        None | Some(Value::Null) => Ok("<undefined>".to_owned()),
        Some(Value::Array(_) | Value::Object(_) | Value::Set(_)) => {
            Err(Problem::Unavailable(format!("a template shows only texts, numbers and booleans here: {action:?}")))
        }
        Some(Value::String(value)) => Ok(value.to_string()),
        Some(value) => Ok(term(value)),
    }
}

/// Whether a value can be handed to a template.
fn is_json(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_json),
        Value::Object(fields) => fields.iter().all(|(key, value)| matches!(key, Value::String(_)) && is_json(value)),
        Value::Set(_) => false,
        _ => true,
    }
}
