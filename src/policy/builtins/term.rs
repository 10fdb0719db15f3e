//! Values as OPA's policies show them: `{"a": [1, "x"]}`, `set()`.

use regorus::Value;

use super::{mantissa, quote::quote, sorted};

/// A value's text.
pub(in crate::policy) fn term(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Undefined => out.push_str("<undefined>"),
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(_) => out.push_str(&mantissa::text(value)),
        Value::String(text) => out.push_str(&quote(text, '"', false)),
        Value::Array(items) => list(items.iter(), ('[', ']'), out),
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => list(sorted(items).into_iter(), ('{', '}'), out),
        Value::Object(fields) => {
            out.push('{');
            for (at, (key, value)) in fields.iter_sorted().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(key, out);
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn list<'v>(items: impl Iterator<Item = &'v Value>, (open, close): (char, char), out: &mut String) {
    out.push(open);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(close);
}
