//! Values as OPA prints them.

use regorus::Value;

use super::builtins::sorted;

/// A value as JSON: sets as arrays in OPA's order, keys as strings, integers of any size.
#[must_use]
pub fn to_json(value: &Value) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(","));
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match value {
        Value::Undefined | Value::Null => "null".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Number(number) => number.format_decimal(),
        Value::String(it) => text(it),
        Value::Array(items) => list(items.iter().map(to_json).collect()),
        Value::Set(items) => list(sorted(items).into_iter().map(to_json).collect()),
        Value::Object(fields) => {
            let field = |(key, value): (&Value, &Value)| {
                let key = match key {
                    Value::String(key) => text(key),
                    other => text(&to_json(other)),
                };
                format!("{key}:{}", to_json(value))
            };
            format!("{{{}}}", fields.iter_sorted().map(field).collect::<Vec<_>>().join(","))
        }
    }
}
